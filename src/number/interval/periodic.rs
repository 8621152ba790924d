//! Sine and cosine of an interval: monotone pieces between the extrema.

use std::cmp::Ordering;

use rug::float::{Constant, Round};
use rug::ops::DivAssignRound;
use rug::{Assign, Float, Integer};

use super::Interval;

/// Arguments of more than this many binary digits before the point are not reduced by sine and
/// cosine, which then return [−1, 1].
const MAX_ARGUMENT_BITS: i32 = 256;

impl Interval {
    /// Bounds of floor(2x/π), the number of quarter turns, over `self`: at most that of the lower
    /// end and at least that of the upper; nothing for unbounded or huge arguments.
    fn quadrants(&self) -> Option<(Integer, Integer)> {
        if !self.lo.is_finite() || !self.hi.is_finite() {
            return None;
        }
        let exponent = self.lo.get_exp().max(self.hi.get_exp()).unwrap_or(0).max(0);
        if exponent > MAX_ARGUMENT_BITS {
            return None;
        }
        let bits = self.bits() + exponent.unsigned_abs() + 16;
        let turns = |x: &Float, round: Round, pi_round: Round| {
            let mut pi = Float::with_val_round(bits, Constant::Pi, pi_round).0;
            pi >>= 1;
            let mut quotient = Float::with_val(bits, x);
            quotient.div_assign_round(&pi, round);
            quotient.to_integer_round(Round::Down).map(|(n, _)| n)
        };
        // A smaller π/2 makes quotients larger in magnitude: smaller when x is negative.
        let down = if self.lo < 0 { Round::Down } else { Round::Up };
        let up = if self.hi < 0 { Round::Up } else { Round::Down };
        Some((turns(&self.lo, Round::Down, down)?, turns(&self.hi, Round::Up, up)?))
    }

    /// sin of [lo, hi] when `shift = 0`, cos when `shift = 1`: the ends' values, and ±1 where an
    /// extremum may lie between them. `round_down` rounds the function's value down.
    pub(super) fn sin_cos(&mut self, shift: u32, round_down: impl Fn(&mut Float) -> Ordering) {
        if self.settled() {
            return;
        }
        let Some((first, last)) = self.quadrants() else {
            self.lo.assign(-1);
            self.hi.assign(1);
            return;
        };
        // sin(x + shift·π/2): maxima where the shifted quadrant number passes from 0 to 1 (mod 4),
        // minima from 2 to 3.
        let passes = |from: u32| {
            // Is there an integer q ≡ from (mod 4) with first ≤ q − shift < last?
            let offset = Integer::from(&first + shift);
            let distance = Integer::from(from) - offset;
            let steps = distance.mod_u(4);
            Integer::from(&first + steps) < last
        };
        let has_maximum = passes(0);
        let has_minimum = passes(2);
        // One evaluation gives both sides of a value: they are neighbours unless it is exact.
        let around = |end: &Float| {
            let mut down = end.clone();
            let order = round_down(&mut down);
            let mut up = down.clone();
            if order != Ordering::Equal {
                up.next_up();
            }
            (down, up)
        };
        let (mut low, mut high) = around(&self.lo);
        if self.lo != self.hi {
            let (down, up) = around(&self.hi);
            low.min_mut(&down);
            high.max_mut(&up);
        }
        self.lo = if has_minimum { Float::with_val(self.bits(), -1) } else { low };
        self.hi = if has_maximum { Float::with_val(self.hi.prec(), 1) } else { high };
    }
}
