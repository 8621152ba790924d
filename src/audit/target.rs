//! All that is learnt of one part of a statement.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::mutate::{Mutant, Operator, Target};
use super::room::{Room, is_principal};
use super::trial::{Fate, Trial};
use crate::verify::instance::CellSpec;

/// A part of a statement, its mutants and what became of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetAudit {
    /// The part.
    pub target: Target,
    /// Its mutants.
    pub mutants: Vec<Tested>,
    /// The instances that killed some of them.
    pub killers: Vec<CellSpec>,
    /// How far it can be changed, for constants and summands.
    pub rooms: Vec<Room>,
    /// Stronger forms that were not refuted.
    pub findings: Vec<Finding>,
}

/// A mutant and its fate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tested {
    /// What was done to the part.
    pub operator: Operator,
    /// What became of it; instances by their position among the killers.
    pub fate: Fate<usize>,
}

impl TargetAudit {
    /// The smallest change in that direction (−1 smaller, 1 larger) that is noticed, in per cent.
    #[must_use]
    pub fn noticed(&self, side: i32) -> Option<u32> {
        let killed = self.mutants.iter().filter_map(|tested| match (&tested.fate, tested.operator) {
            (Fate::Killed { .. }, Operator::Scale { per_cent }) if per_cent.signum() == side => {
                Some(per_cent.unsigned_abs())
            }
            _ => None,
        });
        killed.min()
    }
}

impl Trial<'_> {
    /// Tries all mutants of one target, measures its room and asks what the survivors say.
    #[must_use]
    pub fn target(&self, mutants: &[&Mutant]) -> Option<TargetAudit> {
        let target = mutants.first()?.target.clone();
        let fates = self.fates(mutants);
        let rooms = if is_principal(self.base, &target) { self.rooms(mutants, &fates) } else { Vec::new() };
        let findings = mutants.iter().zip(&fates).filter_map(|(mutant, fate)| self.finding(mutant, fate)).collect();
        let mut killers: Vec<CellSpec> = Vec::new();
        let mut number = |spec: Box<CellSpec>| {
            killers.iter().position(|killer| *killer == *spec).unwrap_or_else(|| {
                killers.push(*spec);
                killers.len() - 1
            })
        };
        let tested = mutants
            .iter()
            .zip(fates)
            .map(|(mutant, fate)| Tested { operator: mutant.operator, fate: fate.map(&mut number) });
        let mutants = tested.collect();
        Some(TargetAudit { target, mutants, killers, rooms, findings })
    }
}
