//! Draws that are kept to be repeated.

use super::{Randomness, Subset};
use crate::number::Scalar;

/// What one estimate drew, so that another can draw the same.
#[derive(Clone, Debug)]
pub struct Tape<S> {
    draws: Vec<Draw<S>>,
    /// How many of them belong to the newest estimate; others are room.
    used: usize,
    /// Whether there was an estimate since it was cleared.
    pub is_made: bool,
}

#[derive(Clone, Debug)]
enum Draw<S> {
    Numbers(Vec<S>),
    Subsets(Vec<Subset>),
}

impl<S> Default for Tape<S> {
    fn default() -> Self {
        Tape { draws: Vec::new(), used: 0, is_made: false }
    }
}

impl<S: Scalar> Tape<S> {
    /// Forgets the estimate.
    pub fn clear(&mut self) {
        (self.used, self.is_made) = (0, false);
    }

    /// Draws from `random` and keeps what is drawn, in place of what was kept.
    pub fn keep<'t>(&'t mut self, random: &'t mut dyn Randomness<S>) -> Keeping<'t, S> {
        (self.used, self.is_made) = (0, true);
        Keeping { tape: self, random }
    }

    /// Draws again what is kept.
    pub fn repeat(&self) -> Repeating<'_, S> {
        Repeating { rest: self.draws[..self.used].iter() }
    }

    fn keep_numbers(&mut self, drawn: &[S]) {
        match self.draws.get_mut(self.used) {
            Some(Draw::Numbers(room)) if room.len() == drawn.len() => room.clone_from_slice(drawn),
            Some(room) => *room = Draw::Numbers(drawn.to_vec()),
            None => self.draws.push(Draw::Numbers(drawn.to_vec())),
        }
        self.used += 1;
    }

    fn keep_subsets(&mut self, drawn: &[Subset]) {
        match self.draws.get_mut(self.used) {
            Some(Draw::Subsets(room)) if room.len() == drawn.len() => room.clone_from_slice(drawn),
            Some(room) => *room = Draw::Subsets(drawn.to_vec()),
            None => self.draws.push(Draw::Subsets(drawn.to_vec())),
        }
        self.used += 1;
    }
}

/// Hands on what is drawn and keeps it.
pub struct Keeping<'t, S: Scalar> {
    tape: &'t mut Tape<S>,
    random: &'t mut dyn Randomness<S>,
}

impl<S: Scalar> Randomness<S> for Keeping<'_, S> {
    fn sign_sums(&mut self, signs: usize, count: usize) -> &[S] {
        let drawn = self.random.sign_sums(signs, count);
        self.tape.keep_numbers(drawn);
        drawn
    }

    fn gaussians(&mut self, count: usize) -> &[S] {
        let drawn = self.random.gaussians(count);
        self.tape.keep_numbers(drawn);
        drawn
    }

    fn subset(&mut self, size: usize, of: usize) -> &[Subset] {
        let drawn = self.random.subset(size, of);
        self.tape.keep_subsets(drawn);
        drawn
    }
}

/// Draws again what an estimate drew. The same sources ask for the same in the same order.
pub struct Repeating<'t, S: Scalar> {
    rest: std::slice::Iter<'t, Draw<S>>,
}

impl<S: Scalar> Repeating<'_, S> {
    fn numbers(&mut self) -> &[S] {
        match self.rest.next() {
            Some(Draw::Numbers(numbers)) => numbers,
            _ => unreachable!("an estimate asks for other draws than the one that it repeats"),
        }
    }
}

impl<S: Scalar> Randomness<S> for Repeating<'_, S> {
    fn sign_sums(&mut self, _: usize, _: usize) -> &[S] {
        self.numbers()
    }

    fn gaussians(&mut self, _: usize) -> &[S] {
        self.numbers()
    }

    fn subset(&mut self, _: usize, _: usize) -> &[Subset] {
        match self.rest.next() {
            Some(Draw::Subsets(subsets)) => subsets,
            _ => unreachable!("an estimate asks for other draws than the one that it repeats"),
        }
    }
}
