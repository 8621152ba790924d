//! What is kept of a run's states.

use crate::method::bound::BoundMethod;
use crate::number::Scalar;
use crate::statement::term::OfMethod;

/// Registers of vectors and numbers after some steps.
#[derive(Clone)]
pub(super) struct Frame<S> {
    pub(super) vectors: Vec<Vec<S>>,
    pub(super) numbers: Vec<S>,
}

impl<S> Frame<S> {
    /// A number that is no worker's.
    pub(super) fn number(&self, method: &BoundMethod, quantity: &OfMethod) -> Option<&S> {
        let register = method.program().registers(quantity.position).start;
        let place = method.number_registers().iter().position(|kept| *kept == register)?;
        self.numbers.get(place)
    }
}

/// What is kept of a state: registers that statements speak of, or that later steps read.
pub(super) fn frame<S: Scalar>(method: &BoundMethod, registers: &[Vec<S>], number: &dyn Fn(usize) -> S) -> Frame<S> {
    let keep = method.kept_registers();
    let vectors = (0..keep.len()).map(|r| if keep[r] { registers[r].clone() } else { Vec::new() }).collect();
    Frame { vectors, numbers: method.number_registers().iter().map(|register| number(*register)).collect() }
}

/// The frame of the start with the values of states that step 0 gave them.
pub(super) fn kept_starts<S: Scalar>(
    mut frame: Frame<S>,
    method: &BoundMethod,
    register: &dyn Fn(usize) -> Vec<S>,
) -> Frame<S> {
    let program = method.program();
    for begun in program.lines.iter().flat_map(|line| &line.starts) {
        for (worker, own) in program.registers(begun.quantity).enumerate() {
            if frame.vectors.get(own).is_some_and(|vector| !vector.is_empty()) {
                frame.vectors[own] = register(begun.kept + worker);
            }
        }
    }
    frame
}
