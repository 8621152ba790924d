//! The constants of an instance that the language has names for.

/// Constants that the instance supplies: from the problem, the oracle or the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Builtin {
    /// `L`: smoothness constant of f.
    Smoothness,
    /// `mu`: PL constant.
    Pl,
    /// `f_star`: lower bound of f; its infimum under PL.
    LowerBound,
    /// `zeta2`: bound of the gradients' heterogeneity.
    Heterogeneity,
    /// `G`: bound of every worker's gradient norm.
    GradientBound,
    /// `G_run`: bound of every worker's gradient norm at x_0, …, x_{K−1}, for estimates without draw.
    VisitedGradientBound,
    /// `B`: relative part of the bias model.
    RelativeError,
    /// `C`: absolute part of the bias model.
    AbsoluteError,
    /// `B_b`: relative part of the bias alone, where bias and noise are apart.
    RelativeBias,
    /// `C_b`: absolute part of the bias alone.
    AbsoluteBias,
    /// `M`: relative part of the noise.
    RelativeNoise,
    /// `sigma2`: absolute part of the noise.
    NoiseVariance,
    /// `isotropic`: 1 for noise alone, of covariance (σ²/d)·identity whatever the state; else 0.
    Isotropic,
    /// `mu_sc`: strong convexity; 0 where f is convex.
    StrongConvexity,
    /// `convex`: 1 where f is proved convex, else 0.
    Convex,
    /// `workers_convex`: 1 where every fᵢ is proved convex, else 0.
    WorkersConvex,
    /// `L_max`: the largest smoothness constant of a worker.
    LargestSmoothness,
    /// The mean of the squares of the workers' smoothness constants; `L_hat` is its root.
    MeanSquareSmoothness,
}

impl Builtin {
    /// All of them, in the order of declaration.
    pub const ALL: [Builtin; 18] = [
        Builtin::Smoothness,
        Builtin::Pl,
        Builtin::LowerBound,
        Builtin::Heterogeneity,
        Builtin::GradientBound,
        Builtin::VisitedGradientBound,
        Builtin::RelativeError,
        Builtin::AbsoluteError,
        Builtin::RelativeBias,
        Builtin::AbsoluteBias,
        Builtin::RelativeNoise,
        Builtin::NoiseVariance,
        Builtin::Isotropic,
        Builtin::StrongConvexity,
        Builtin::Convex,
        Builtin::WorkersConvex,
        Builtin::LargestSmoothness,
        Builtin::MeanSquareSmoothness,
    ];

    /// Whether it is proved of the error of the average's estimate.
    #[must_use]
    pub fn is_of_estimate(self) -> bool {
        matches!(
            self,
            Builtin::RelativeError
                | Builtin::AbsoluteError
                | Builtin::RelativeBias
                | Builtin::AbsoluteBias
                | Builtin::RelativeNoise
                | Builtin::NoiseVariance
                | Builtin::Isotropic
        )
    }

    /// The name in statement files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Builtin::Smoothness => "L",
            Builtin::Pl => "mu",
            Builtin::LowerBound => "f_star",
            Builtin::Heterogeneity => "zeta2",
            Builtin::GradientBound => "G",
            Builtin::VisitedGradientBound => "G_run",
            Builtin::RelativeError => "B",
            Builtin::AbsoluteError => "C",
            Builtin::RelativeBias => "B_b",
            Builtin::AbsoluteBias => "C_b",
            Builtin::RelativeNoise => "M",
            Builtin::NoiseVariance => "sigma2",
            Builtin::Isotropic => "isotropic",
            Builtin::StrongConvexity => "mu_sc",
            Builtin::Convex => "convex",
            Builtin::WorkersConvex => "workers_convex",
            Builtin::LargestSmoothness => "L_max",
            Builtin::MeanSquareSmoothness => "L_hat2",
        }
    }

    /// What it means, for messages and `lemmata show`.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Builtin::Smoothness => "smoothness constant of f [f/x^2]",
            Builtin::Pl => "PL constant of f [f/x^2]",
            Builtin::LowerBound => "lower bound of f; its infimum under PL [f]",
            Builtin::Heterogeneity => "bound of (1/n) sum ||grad f_i - grad f||^2 [(f/x)^2]",
            Builtin::GradientBound => "bound of every worker's gradient norm [f/x]",
            Builtin::VisitedGradientBound => "bound of every worker's gradient norm on the run [f/x]",
            Builtin::RelativeError => "relative part of the bias model",
            Builtin::AbsoluteError => "absolute part of the bias model [(f/x)^2]",
            Builtin::RelativeBias => "relative part of the bias, noise apart",
            Builtin::AbsoluteBias => "absolute part of the bias, noise apart [(f/x)^2]",
            Builtin::RelativeNoise => "relative part of the noise variance",
            Builtin::NoiseVariance => "absolute part of the noise variance [(f/x)^2]",
            Builtin::StrongConvexity => "strong convexity constant of f, 0 where f is convex [f/x^2]",
            Builtin::Convex => "1 where f is proved convex, else 0",
            Builtin::WorkersConvex => "1 where every f_i is proved convex, else 0",
            Builtin::LargestSmoothness => "largest smoothness constant of a worker [f/x^2]",
            Builtin::MeanSquareSmoothness => "mean of the squares of the workers' smoothness constants [(f/x^2)^2]",
            Builtin::Isotropic => "1 for noise alone, of covariance (sigma2/d) identity, else 0",
        }
    }

    /// Whether it belongs to the model of the estimate's error.
    #[must_use]
    pub fn is_error_model(self) -> bool {
        matches!(
            self,
            Builtin::RelativeError
                | Builtin::AbsoluteError
                | Builtin::RelativeBias
                | Builtin::AbsoluteBias
                | Builtin::RelativeNoise
                | Builtin::NoiseVariance
        )
    }

    /// The builtin of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Builtin::ALL.into_iter().find(|b| b.name() == name)
    }
}
