//! What error sources prove of their contributions, and an oracle of its error.

use std::collections::BTreeMap;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::root_above;

/// Which part of the error a source contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Known given the past.
    Bias,
    /// Of mean zero given the past, independent of everything else drawn in the step.
    Noise,
    /// Both, not told apart.
    Mixed,
}

/// Whether a source's vector follows from the point and the numbers drawn, or is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freedom {
    /// It follows from the step, the point and the numbers drawn: another vector is not this source's.
    Computed,
    /// An adversary's choice: any vector of norm at most √(B‖g‖² + C) is legal, [B, C] being the
    /// source's own [`SourceModel::size`]. What the source computes is one such choice.
    Within,
    /// In claims about a path any vector at all, as every one is a possible draw; in averages it
    /// follows from the numbers drawn.
    Any,
}

/// In which sense an error is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TailKind {
    /// ‖u‖ ≤ r‖g‖ + a for every draw.
    Sure,
    /// |u| ≤ r|g| + a with |·| = (E‖·‖⁴)^¼ only.
    FourthMoment,
    /// Not at all.
    Unknown,
}

/// A bound of the size of an error by that of the gradient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tail {
    /// In which sense.
    pub kind: TailKind,
    /// r.
    #[schemars(with = "String")]
    pub relative: Rational,
    /// a.
    #[schemars(with = "String")]
    pub absolute: Rational,
}

impl Tail {
    /// A bound for every draw.
    #[must_use]
    pub fn sure(relative: Rational, absolute: Rational) -> Self {
        Tail { kind: TailKind::Sure, relative, absolute }
    }

    /// ‖u‖² ≤ C for every draw; nothing where no C is known.
    pub(super) fn within_root(square: Option<&Rational>) -> Self {
        square.and_then(root_above).map_or_else(Tail::unknown, |root| Tail::sure(Rational::new(), root))
    }

    /// No bound is proved.
    #[must_use]
    pub fn unknown() -> Self {
        Tail { kind: TailKind::Unknown, relative: Rational::new(), absolute: Rational::new() }
    }

    /// The triangle inequality, of ℝᵈ or of L⁴: a sure bound is one in L⁴ as well.
    #[must_use]
    fn plus(self, other: &Tail) -> Self {
        Tail {
            kind: self.kind.max(other.kind),
            relative: self.relative + &other.relative,
            absolute: self.absolute + &other.absolute,
        }
    }
}

/// What a source's contribution at a point with gradient g is, where second moments follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Noise of covariance (σ²/d)·identity, independent of the state.
    Isotropic,
    /// Noise of covariance M·diag(g_1², …, g_d²) given the past.
    Signs,
    /// r·g for every draw.
    Multiple(Rational),
    /// c·(1, −1, 1, …) for every draw.
    Alternating(Rational),
    /// None of these.
    Other,
}

/// What a source proves of its contribution u at a point with gradient g, for every past.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceModel {
    /// Bias, noise or both.
    pub part: Part,
    /// Whether its vector is computed or chosen.
    pub freedom: Freedom,
    /// [B, C] in E‖u‖² ≤ B‖g‖² + C, where the problem proves what that needs.
    pub size: Option<[Rational; 2]>,
    /// Whether E‖u‖² equals that bound wherever g ≠ 0.
    pub attained: bool,
    /// How large u can be.
    pub tail: Tail,
    /// Whether one step draws from finitely many outcomes.
    pub finite: bool,
    /// Whether every draw is the same.
    pub deterministic: bool,
    /// What the contribution is, as far as second moments of linear recursions need it.
    pub form: Form,
    /// Proved constants of its own, by the names that statements give them under `[given]`.
    pub named: Vec<(&'static str, Rational)>,
}

/// What an oracle proves of its error e = b + ν.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorModel {
    /// [B, C] in E‖e‖² ≤ B‖∇f‖² + C, where it is proved.
    pub total: Option<[Rational; 2]>,
    /// [B_b, C_b] in ‖b‖² ≤ B_b‖∇f‖² + C_b, where bias and noise are told apart.
    pub bias: Option<[Rational; 2]>,
    /// [M, σ²] in E[‖ν‖² | past] ≤ M‖∇f‖² + σ², likewise.
    pub noise: Option<[Rational; 2]>,
    /// Whether bias and noise are told apart.
    pub split: bool,
    /// How large e can be.
    pub tail: Tail,
    /// No draw at all.
    pub deterministic: bool,
    /// Finitely many outcomes a step.
    pub finite: bool,
    /// No bias, and noise of covariance (σ²/d)·identity, independent of the state.
    pub isotropic: bool,
    /// [r, c] where b = r·g + c·(1, −1, 1, …) and the noise's covariance is (σ²/d)·identity + M·diag(g_1², …, g_d²).
    pub affine: Option<[Rational; 2]>,
    /// Whether E‖e‖² at a point is known exactly: attained noise, and one bias source at most.
    pub second_moment_known: bool,
    /// Constants that exactly one source proves, by name.
    pub named: BTreeMap<&'static str, Rational>,
}

impl ErrorModel {
    /// Adds the sources' models up: noises are independent with mean zero, so their second moments
    /// add, also to that of the rest; of the rest, m contributions satisfy ‖Σuᵢ‖² ≤ m Σ‖uᵢ‖².
    pub(super) fn sum(models: &[SourceModel]) -> Self {
        let sizes = |wanted: &[Part]| -> Option<[Rational; 2]> {
            let mut total = [Rational::new(), Rational::new()];
            for model in models.iter().filter(|m| wanted.contains(&m.part)) {
                let [relative, absolute] = model.size.as_ref()?;
                total[0] += relative;
                total[1] += absolute;
            }
            Some(total)
        };
        let count = |wanted: &[Part]| models.iter().filter(|m| wanted.contains(&m.part)).count() as u64;
        let times = |size: Option<[Rational; 2]>, m: u64| size.map(|[a, b]| [a * m, b * m]);
        let split = count(&[Part::Mixed]) == 0;
        let noise = sizes(&[Part::Noise]);
        let rest = [Part::Bias, Part::Mixed];
        let rest = times(sizes(&rest), count(&rest));
        let total = rest.clone().zip(noise.clone()).map(|([a, b], [c, d])| [a + c, b + d]);
        let nothing = Tail::sure(Rational::new(), Rational::new());
        let mut named = BTreeMap::new();
        for (name, value) in models.iter().flat_map(|m| &m.named) {
            named.entry(*name).and_modify(|v: &mut Option<Rational>| *v = None).or_insert_with(|| Some(value.clone()));
        }
        ErrorModel {
            total,
            bias: if split { rest } else { None },
            noise: if split { noise } else { None },
            split,
            tail: models.iter().fold(nothing, |tail, model| tail.plus(&model.tail)),
            deterministic: models.iter().all(|m| m.deterministic),
            finite: models.iter().all(|m| m.finite),
            isotropic: models.iter().all(|m| m.form == Form::Isotropic),
            affine: affine_bias(models),
            second_moment_known: split
                && count(&[Part::Bias]) <= 1
                && models.iter().all(|m| m.part == Part::Bias || m.attained),
            named: named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        }
    }
}

/// See [`ErrorModel::affine`].
fn affine_bias(models: &[SourceModel]) -> Option<[Rational; 2]> {
    models.iter().try_fold([Rational::new(), Rational::new()], |[r, c], model| match &model.form {
        Form::Isotropic | Form::Signs => Some([r, c]),
        Form::Multiple(factor) => Some([r + factor, c]),
        Form::Alternating(size) => Some([r, c + size]),
        Form::Other => None,
    })
}
