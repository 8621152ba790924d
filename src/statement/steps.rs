//! The constants of the instance without which a statement's method makes no step.

use std::collections::BTreeSet;

use super::term::Builtin;
use super::{Statement, Subject};
use crate::method::language::tree::{Known, Number, Part, Vector};

impl Statement {
    /// The constants of the instance that every step of its method reads; none of a statement about estimates alone, for
    /// which no step is made.
    #[must_use]
    pub fn read_by_every_step(&self) -> BTreeSet<Builtin> {
        let mut found = BTreeSet::new();
        if self.subject != Subject::Estimate {
            self.method.lines.iter().for_each(|line| of_part(line.value.part(), self, &mut found));
        }
        found
    }
}

/// The constants without which a value of the method is none; what stands under a condition may not be needed.
fn of_part(whole: Part<'_>, statement: &Statement, found: &mut BTreeSet<Builtin>) {
    let is_choice = |part: Part<'_>| matches!(part, Part::Number(Number::If(..)) | Part::Vector(Vector::If(..)));
    if whole.any(is_choice) {
        return;
    }
    let method = &statement.method;
    let of_parameter = |position: usize| {
        let parameter = &method.parameters[position];
        let bound = method.bound.iter().find(|(own, _)| *own == position).map(|(_, number)| number);
        let is_free = || statement.parameter(&parameter.name).is_none();
        bound.or_else(|| parameter.default.as_ref().filter(|_| is_free()))
    };
    whole.walk(&mut |part| {
        let further = match part {
            Part::Number(Number::Known(known)) => {
                found.insert(builtin(*known));
                None
            }
            Part::Number(Number::Constant(position)) => Some(&method.constants[*position].1),
            Part::Number(Number::Schedule(position)) => Some(&method.schedules[*position].1),
            Part::Number(Number::Parameter(position)) => of_parameter(*position),
            _ => None,
        };
        if let Some(number) = further {
            of_part(Part::Number(number), statement, found);
        }
    });
}

/// The same constant in the language of statements.
fn builtin(known: Known) -> Builtin {
    match known {
        Known::Smoothness => Builtin::Smoothness,
        Known::Pl => Builtin::Pl,
        Known::StrongConvexity => Builtin::StrongConvexity,
        Known::Infimum => Builtin::LowerBound,
    }
}
