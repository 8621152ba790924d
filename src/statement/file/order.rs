//! The order in which parameters and constants have values, and what cannot have one.

use super::{Loaded, Loader};
use crate::number::Interval;
use crate::statement::evaluate::{Environment, Evaluator, NO_VALUE};
use crate::statement::term::{Builtin, Node, Term};
use crate::statement::{Constant, Parameter, Symbol};

impl Loader<'_> {
    /// Parameters and constants in an order in which each needs only what stands before it.
    pub(super) fn order(&self, parameters: &[Parameter], constants: &[Constant]) -> Loaded<Vec<Symbol>> {
        let name_of = |symbol: Symbol| match symbol {
            Symbol::Parameter(i) => parameters[i].name.as_str(),
            Symbol::Constant(i) => constants[i].name.as_str(),
        };
        let place_of = |symbol: Symbol| match symbol {
            Symbol::Parameter(i) => self.raw.parameters[i].range.span(),
            Symbol::Constant(i) => self.raw.constants[i].span(),
        };
        let all: Vec<Symbol> =
            (0..parameters.len()).map(Symbol::Parameter).chain((0..constants.len()).map(Symbol::Constant)).collect();
        let mut order: Vec<Symbol> = Vec::new();
        let mut remaining = all;
        while !remaining.is_empty() {
            let ready = |symbol: Symbol| {
                terms_of(symbol, parameters, constants).into_iter().all(|term| {
                    !term.any(|node| match node {
                        Node::Term(Term::Parameter(i)) => !order.contains(&Symbol::Parameter(*i)),
                        Node::Term(Term::Constant(i)) => !order.contains(&Symbol::Constant(*i)),
                        _ => false,
                    })
                })
            };
            match remaining.iter().position(|s| ready(*s)) {
                Some(position) => {
                    let symbol = remaining.remove(position);
                    order.push(symbol);
                }
                None => {
                    let circle: Vec<&str> = remaining.iter().map(|s| name_of(*s)).collect();
                    return Err(self.file.error(
                        Some(place_of(remaining[0])),
                        format!("these depend on each other in a circle: {}", circle.join(", ")),
                        Some("break the circle; a parameter's range counts as what it depends on".into()),
                    ));
                }
            }
        }
        self.refuse_method_in_ranges(&order, parameters, constants)?;
        Ok(order)
    }

    /// Refuses ranges and candidates that depend on the method's numbers: these follow from the parameters.
    fn refuse_method_in_ranges(
        &self,
        order: &[Symbol],
        parameters: &[Parameter],
        constants: &[Constant],
    ) -> Loaded<()> {
        let mut later: Vec<usize> = Vec::new();
        for symbol in order {
            let is_late = |term: &Term| {
                term.any(|node| match node {
                    Node::Term(Term::Method(..)) => true,
                    Node::Term(Term::Constant(i)) => later.contains(i),
                    _ => false,
                })
            };
            if !terms_of(*symbol, parameters, constants).into_iter().any(is_late) {
                continue;
            }
            match symbol {
                Symbol::Constant(i) => later.push(*i),
                Symbol::Parameter(i) => {
                    return Err(self.file.error(
                        Some(self.raw.parameters[*i].range.span()),
                        "a parameter's range or candidates cannot depend on a number of the method",
                        Some(
                            "the method's numbers follow from the parameters; write out what the range depends on"
                                .into(),
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Refuses a constant that has no value whatever the instance, such as 1/0.
    pub(super) fn refuse_undefined(&self, parameters: usize, constants: &[Constant], order: &[Symbol]) -> Loaded<()> {
        let mut environment = Environment::<Interval> {
            context: 128,
            parameters: vec![None; parameters],
            constants: vec![None; constants.len()],
            builtins: vec![None; Builtin::ALL.len()],
            given: vec![None; self.raw.given.len()],
            start: 0,
            method: Vec::new(),
            spectrum: Vec::new(),
            worker_smoothness: Vec::new(),
            minimiser: None,
            workers: 1,
            dimension: 1,
            horizon: 1,
        };
        for symbol in order {
            let Symbol::Constant(i) = symbol else { continue };
            // An error means that it needs more than literals.
            let Ok(value) = Evaluator::without_trace(&environment).term(&constants[*i].term) else { continue };
            if !(value.lower().is_finite() && value.upper().is_finite()) {
                return Err(self.file.error(
                    Some(self.raw.constants[*i].span()),
                    format!("`{}` has no value: {NO_VALUE}", constants[*i].name),
                    None,
                ));
            }
            environment.constants[*i] = Some(value);
        }
        Ok(())
    }
}

/// What a constant, or a parameter's range and candidates, are made of.
fn terms_of<'t>(symbol: Symbol, parameters: &'t [Parameter], constants: &'t [Constant]) -> Vec<&'t Term> {
    match symbol {
        Symbol::Constant(i) => vec![&constants[i].term],
        Symbol::Parameter(i) => {
            let p = &parameters[i];
            let ends = [&p.lower, &p.upper].into_iter().filter_map(|b| b.value.as_ref());
            ends.chain(p.candidates.iter().map(|c| &c.term)).collect()
        }
    }
}
