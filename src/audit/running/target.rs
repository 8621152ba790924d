//! All that is learnt of one part of a statement.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::mutation::finding::Finding;
use crate::audit::mutation::margin::{Margin, is_principal};
use crate::audit::mutation::mutate::{Mutant, Operator, Target};
use crate::audit::mutation::trial::{MutantStatus, Trial};
use crate::verify::instances::CellSpec;

/// A part of a statement, its mutants and what became of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetAudit {
    /// The part.
    pub target: Target,
    /// Its mutants.
    pub mutants: Vec<Tested>,
    /// The instances that killed some of them, until they stand among those of the statement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub killers: Vec<CellSpec>,
    /// How far it can be changed, for constants and summands.
    pub margins: Vec<Margin>,
    /// Stronger forms that were not refuted.
    pub findings: Vec<Finding>,
}

/// A mutant and its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tested {
    /// What was done to the part.
    pub operator: Operator,
    /// What became of it; instances by their position among the statement's.
    pub status: MutantStatus<usize>,
}

impl TargetAudit {
    /// The smallest change in that direction (−1 smaller, 1 larger) that is noticed, in per cent.
    #[must_use]
    pub fn noticed(&self, side: i32) -> Option<u32> {
        let killed = self.mutants.iter().filter_map(|tested| match (&tested.status, tested.operator) {
            (MutantStatus::Killed { .. }, Operator::Scale { per_cent }) if per_cent.signum() == side => {
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
        let statuses = self.statuses(mutants);
        let margins = if is_principal(self.base, &target) { self.margins(mutants, &statuses) } else { Vec::new() };
        let findings =
            mutants.iter().zip(&statuses).filter_map(|(mutant, status)| self.finding(mutant, status)).collect();
        let mut killers: Vec<CellSpec> = Vec::new();
        let mut number = |spec: Box<CellSpec>| {
            killers.iter().position(|killer| *killer == *spec).unwrap_or_else(|| {
                killers.push(*spec);
                killers.len() - 1
            })
        };
        let tested = mutants
            .iter()
            .zip(statuses)
            .map(|(mutant, status)| Tested { operator: mutant.operator, status: status.map(&mut number) });
        let mutants = tested.collect();
        Some(TargetAudit { target, mutants, killers, margins, findings })
    }
}
