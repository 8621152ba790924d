//! Conditions: whether an arithmetic decides them.

use super::Evaluator;
use super::error::Evaluated;
use crate::number::Scalar;
use crate::statement::syntax::Relation;
use crate::statement::term::Condition;

impl<S: Scalar> Evaluator<'_, S> {
    /// Whether the condition certainly holds (`Some(true)`), certainly fails (`Some(false)`), or
    /// is not decided by this arithmetic.
    ///
    /// # Errors
    /// As [`Evaluator::term`].
    pub fn condition(&mut self, condition: &Condition) -> Evaluated<Option<bool>> {
        let mut all = Some(true);
        for (left, relation, right) in &condition.0 {
            let order = self.term(left)?.compare(&self.term(right)?);
            let holds = order.map(|order| relation.admits(order));
            match holds {
                Some(false) => return Ok(Some(false)),
                Some(true) => {}
                None => all = None,
            }
        }
        Ok(all)
    }
}

impl Relation {
    /// Whether two numbers in that order satisfy the relation.
    #[must_use]
    pub fn admits(self, order: std::cmp::Ordering) -> bool {
        match self {
            Relation::Less => order.is_lt(),
            Relation::LessEqual => order.is_le(),
            Relation::Greater => order.is_gt(),
            Relation::GreaterEqual => order.is_ge(),
            Relation::Equal => order.is_eq(),
        }
    }
}
