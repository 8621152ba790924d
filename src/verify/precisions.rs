//! Every arithmetic against the others, on the runs and the claims of shipped statements.

use crate::effort::cases;
use crate::number::{Ball, Interval, Scalar};
use crate::oracle::StreamKey;
use crate::preset::Preset;
use crate::statement::{Subject, library};
use crate::verify::Cell;
use crate::verify::choosing::plan::Plan;
use crate::verify::deciding::compare_sides::Sides;
use crate::verify::deciding::history::Demand;
use crate::verify::deciding::index_sets;
use crate::verify::deciding::ladder::{Ladder, Setups};
use crate::verify::deciding::pathwise::{ComparisonOnRun, OnTrajectory, SidesOnRun};
use crate::verify::testing::EFFORT;

/// Every so many-th statement has its turn where tests are to be quick.
const TURN: u32 = 4;
/// Cells of each statement, and their longest run.
const CELLS: u32 = 2;
const LONGEST: usize = 40;
/// Indices of a claim on each.
const INDICES: u64 = 32;

/// Whether enclosures of the same number may both be right.
fn agree(few: &Sides<Interval>, many: &Sides<Interval>) -> bool {
    let sides = |s: &Sides<Interval>| [s.lhs.clone(), s.rhs.clone()];
    sides(few).iter().zip(&sides(many)).all(|(few, many)| few.lower() <= many.upper() && many.lower() <= few.upper())
}

/// Both sides of the cell's claims in balls and in the fewest and the most bits; how many were compared.
fn compared(cell: &Cell<'_>) -> usize {
    let instance = &cell.instance;
    let key = StreamKey::new(1, &cell.statement.id, &cell.spec.key());
    let demand = Demand::certain(EFFORT.operations);
    let histories = OnTrajectory.histories(instance, &key, 0, demand).unwrap_or_default();
    let Some(history) = histories.first() else { return 0 };
    let ladder = Ladder::new(instance, &key, history, EFFORT.operations);
    let setups = std::rc::Rc::new(Setups::new(instance)).of_one_run();
    let mut count = 0;
    for (number, claim) in cell.statement.claims.iter().enumerate() {
        let environment = instance.environment::<f64>(());
        let indices = index_sets::of(instance, number, &environment, history.steps, INDICES).unwrap();
        for place in indices.compared {
            let setup = setups.of(place.horizon);
            let comparison = ComparisonOnRun { on_run: &OnTrajectory, ladder: &ladder, setup: &setup, place };
            let rungs = comparison.rungs();
            let (Some(first), Some(last)) = (rungs.first(), rungs.last()) else { continue };
            let at = |rung: usize| comparison.by_interval(rung, None).unwrap();
            let (Ok(few), Ok(many)) = (at(*first), at(*last)) else { continue };
            let shown = || format!("{}, {place:?}, {}", cell.statement.id, cell.spec);
            assert!(agree(&few, &many), "{} and {} bits: {}", ladder.bits[*first], ladder.bits[*last], shown());
            let balls =
                OnTrajectory.sides::<Ball>(claim, place, history, ladder.ball_environment(&setup), ladder.ball(), None);
            if let Ok(balls) = balls {
                let around = |ball: &Ball| {
                    let (mid, err) = (Interval::from_f64(ball.to_f64(), 128), Interval::from_f64(ball.err, 128));
                    [mid.clone().sub(&err), mid.add(&err)]
                };
                for (ball, fine) in [(&balls.lhs, &many.lhs), (&balls.rhs, &many.rhs)] {
                    let [low, high] = around(ball);
                    assert!(!ball.is_defined() || !(high.certainly_lt(fine) || fine.certainly_lt(&low)), "{}", shown());
                }
            }
            count += 1;
        }
    }
    count
}

#[test]
fn few_bits_many_bits_and_balls_enclose_the_same_sides() {
    let mut count = 0;
    let shipped = library::load_all().unwrap();
    let turn = (TURN / cases(1)).max(1) as usize;
    for statement in shipped.iter().filter(|own| own.subject == Subject::Pathwise).step_by(turn) {
        let plan = Plan::new(statement, Preset::Quick).unwrap();
        let short: Vec<&Cell<'_>> = plan.cells.iter().filter(|cell| cell.spec.horizon <= LONGEST).collect();
        let stride = (short.len() / cases(CELLS) as usize).max(1);
        count += short.iter().step_by(stride).map(|cell| compared(cell)).sum::<usize>();
    }
    assert!(count > 300, "{count} comparisons");
}
