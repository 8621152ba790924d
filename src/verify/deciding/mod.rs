//! Whether a claim holds on an instance: the procedures, and the arithmetic that they decide in.

pub mod at_points;
pub mod budget;
pub mod capabilities;
pub mod compare_sides;
pub mod counterexample;
pub mod exact;
pub mod exact_mean;
pub mod history;
pub mod index_sets;
pub mod ladder;
pub mod moments;
pub mod norms;
pub mod one_step;
pub mod pathwise;
pub mod probes;
pub mod procedure;
pub mod ranges;
pub mod relation;
pub mod sampled;
pub mod spectral;
pub mod symbolic;
pub mod whole_run;
