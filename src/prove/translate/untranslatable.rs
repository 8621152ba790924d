//! Why a statement has no form that is linear in a Gram matrix, or none that this translator knows.

use thiserror::Error;

use super::MOST_CASES;
use crate::algebra::MOST_VARIABLES;

/// Why a statement, or a part of it, does not translate.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Untranslatable {
    /// It is so in one place: a claim, an index and a start.
    #[error("{place}: {why}")]
    At {
        /// The place.
        place: String,
        /// Why.
        why: Box<Untranslatable>,
    },
    /// A claim has no shape that is known.
    #[error("{0}")]
    Claim(&'static str),
    /// The index of a claim, written as here, begins at no number.
    #[error("the index does not begin at a number: `{0}`")]
    FirstIndex(String),
    /// Something is read at an index that is not near the claim's own.
    #[error("an index that is not a fixed number of steps from the claim's own")]
    DistantIndex,
    /// The right-hand side of a claim about whole runs does not come apart.
    #[error("{0}")]
    WholeRun(&'static str),
    /// A number by which such a right-hand side is taken apart is known by others.
    #[error("{0} is given by other numbers")]
    GivenByOthers(String),
    /// An expression has no such form.
    #[error("{0}")]
    Expression(&'static str),
    /// A function of numbers is not followed.
    #[error("{0}()")]
    Function(&'static str),
    /// Of a constant of the instance nothing is known.
    #[error("`{0}`, of which no fact is known here")]
    NoFact(&'static str),
    /// What the draw decides is not averaged.
    #[error("what the draw decides stands outside E[· | past]")]
    OutsideOfMean,
    /// f is looked at where the workers are at different points.
    #[error("a gradient at a point of a worker's own")]
    PointOfWorker,
    /// A sequence of numbers is not followed.
    #[error("`{0}`")]
    Sequence(String),
    /// A sequence has no value in the run at the index at which it is read.
    #[error("`{0}` at that index")]
    NoElement(String),
    /// A number of the method is read where there is no run yet.
    #[error("`{0}` of the method before any claim")]
    BeforeAnyClaim(String),
    /// A line, a start or a number of the method is not followed.
    #[error("{0}")]
    Method(&'static str),
    /// A parameter of the method has neither a value nor a default.
    #[error("`{0}` of the method has no value")]
    NoValue(String),
    /// A number of the method depends on what a gradient or a draw is.
    #[error("a number of the method that the run decides")]
    DecidedByRun,
    /// The same of a number that the method keeps from step to step.
    #[error("`{0}` is a number that the run decides")]
    StateDecidedByRun(String),
    /// An operator of the method is of a kind of which nothing is known.
    #[error("the operator `{name}`, which is {is}")]
    Operator {
        /// Its name.
        name: String,
        /// The kind.
        is: String,
    },
    /// An operator of the method is not the same at each draw.
    #[error("the operator `{0}` may draw")]
    RandomOperator(String),
    /// What is known of the numbers is not enough to go on.
    #[error("{0}")]
    Numbers(&'static str),
    /// A divisor is 0.
    #[error("something is divided by 0")]
    DividedByZero,
    /// A condition is no condition on a polynomial.
    #[error("the sign of a denominator is not known where `{reason}` is read: {denominator}")]
    UnknownSign {
        /// Where the condition comes from.
        reason: String,
        /// The denominator.
        denominator: String,
    },
    /// An equation is not solved for any number.
    #[error("`{0}` is no equation that gives one number by the others")]
    Unsolved(String),
    /// There are more numbers than polynomials have variables.
    #[error("more than {MOST_VARIABLES} numbers are in it")]
    TooManyNumbers,
    /// One place has more cases than are looked at.
    #[error("more than {MOST_CASES} cases are to be distinguished")]
    TooManyCases,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove::translate::translate;
    use crate::statement::library;

    #[test]
    fn why_a_statement_does_not_translate_is_told_apart_by_its_kind() {
        let why = |id: &str| {
            let statement = library::load(id).expect("a shipped statement").expect("without a mistake");
            translate(&statement).expect_err("it does not translate")
        };
        assert_eq!(why("adam-regret-printed"), Untranslatable::DistantIndex);
        let at_a_place = why("amsgrad-regret");
        assert!(at_a_place.to_string().ends_with(": mod() in the method"), "{at_a_place}");
        assert!(
            matches!(&at_a_place, Untranslatable::At { why, .. } if matches!(**why, Untranslatable::Method(_))),
            "{at_a_place:?}"
        );
    }
}
