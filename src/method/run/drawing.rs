//! How an estimate comes about, and what it was made of.

/// The vectors that a run's free sources emitted, in place of which any others within their radius would
/// have been legal; stored, so that every arithmetic judges the same run.
pub struct Emitted<'a>(pub &'a [Vec<f64>]);

/// How an estimate comes about.
#[derive(Clone, Copy)]
pub enum Drawing<'a, S> {
    /// By its sources.
    Whole,
    /// By its sources, but for what the free ones choose, which is given.
    Emitted(&'a [f64]),
    /// As the gradient plus bias and noise that are given.
    Given(&'a [S], &'a [S]),
    /// By its sources, with what the free ones choose apart.
    Apart,
}

/// What the newest estimate of the average was made of. All vectors have length d.
pub struct Drawn<'a, S> {
    /// Where it was asked for.
    pub at: &'a [S],
    /// ∇f there.
    pub gradient: &'a [S],
    /// b_k; all of the error where bias and noise are not told apart.
    pub bias: &'a [S],
    /// ν_k.
    pub noise: &'a [S],
    /// What free sources chose, where that was told apart.
    pub free: &'a [S],
}
