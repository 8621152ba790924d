//! `lemmata calibrate`: whether the statistical verdicts keep their error, and what they find.

use std::time::Instant;

use super::check::{check_name, progress_bar, thread_pool};
use super::output::print;
use super::{CalibrateArguments, ExitCode, Failure, check_delta, check_output};
use crate::calibrate::{self, CalibrateReport, CalibrateSettings};
use crate::report::{self, Kind, Provenance};

pub(super) fn run(arguments: &CalibrateArguments) -> Result<ExitCode, Failure> {
    check_name(&arguments.name)?;
    check_delta(arguments.delta)?;
    if !(arguments.defect > -1.0 && arguments.defect < 1.0) {
        return Err(Failure::bad_input(format!("--defect {} is not between -1 and 1", arguments.defect)));
    }
    check_output(&arguments.output, &arguments.name)?;
    let settings = CalibrateSettings {
        cells: arguments.cells,
        delta: arguments.delta,
        seed: arguments.seed,
        replicates: arguments.replicates,
        defect: arguments.defect,
    };
    let begin = Instant::now();
    let pool = thread_pool(None)?;
    let progress = progress_bar(settings.cells, "cells");
    let calibration = pool.install(|| calibrate::run(&settings, &|| progress.inc(1))).map_err(Failure::internal)?;
    progress.finish_and_clear();
    let text = calibrate::render(&calibration);
    let failed = calibration.exceeded().next().is_some();
    let provenance = Provenance::new(begin.elapsed().as_secs_f64());
    let report = CalibrateReport {
        kind: Kind::Calibrate,
        schema_version: calibrate::SCHEMA_VERSION,
        name: arguments.name.clone(),
        provenance,
        calibration,
    };
    let path = report::write_json(&arguments.name, &report, &arguments.output).map_err(Failure::bad_input)?;
    print(&format!("{text}\nreport: {} ({:.1} s)", path.display(), report.provenance.wall_seconds))?;
    Ok(if failed { ExitCode::Violated } else { ExitCode::Success })
}
