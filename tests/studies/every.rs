//! What holds of every study: a new one is a line in the list of `src/study/mod.rs`, and nothing here.

use super::Folder;
use hadamard::prelude::*;
use hadamard::study::AnyReport;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The smallest run, saved in a folder if there is one.
fn trial(seed: u64, folder: Option<&Path>) -> RunOptions {
    RunOptions { seed: Seed(seed), quiet: true, checkpoint: folder.map(Into::into), profile: Profile::Trial }
}

/// Everything that a report says, but for how long it took.
fn said(report: &AnyReport) -> (Vec<DataFrame>, String, Vec<Verdicts>) {
    let untimed = |table: DataFrame| table.drop("seconds").unwrap_or(table);
    let named = report.tables().unwrap().into_iter().map(|(_, table)| table);
    let tables = named.chain([report.table().unwrap()]).map(untimed).collect();
    (tables, report.figure().to_json().to_string(), report.all_verdicts())
}

fn same(a: &AnyReport, b: &AnyReport) -> bool {
    let (a, b) = (said(a), said(b));
    let judged = |verdicts: &[Verdicts]| format!("{:?}", verdicts.iter().map(Verdicts::rows).collect::<Vec<_>>());
    a.0.iter().zip(&b.0).all(|(a, b)| a.equals_missing(b)) && a.1 == b.1 && judged(&a.2) == judged(&b.2)
}

/// Runs again and again, stopped each time, until it is through; returns the result and what each stop said.
pub fn stop_and_go<T>(folder: &Path, run: impl Fn() -> Result<T>) -> (T, Vec<String>) {
    let mut stops = Vec::new();
    let stop = folder.join("stop");
    loop {
        fs::create_dir_all(folder).unwrap();
        fs::write(&stop, "").unwrap();
        match run() {
            Ok(result) => {
                assert!(!stop.exists());
                return (result, stops);
            }
            Err(error @ Error::Stopped { .. }) => stops.push(error.to_string()),
            Err(other) => panic!("{other}"),
        }
        assert!(!stop.exists() && stops.len() < 1000, "{stops:?}");
    }
}

/// All studies, one after the other; a failure says of which.
fn each(check: impl Fn(&Registered)) {
    assert!(STUDIES.len() >= 15);
    for study in STUDIES {
        println!("{study:?}");
        check(study);
    }
}

#[test]
fn a_study_has_a_report_that_shows_itself_and_the_seed_decides_it() {
    each(|study| {
        let report = study.run(trial(0, None)).unwrap();
        assert!(report.table().unwrap().height() > 0, "{study:?}: no rows");
        assert!(
            report.figure().to_json()["data"].as_array().is_some_and(|data| !data.is_empty()),
            "{study:?}: no chart"
        );
        assert!(report.report().unwrap().to_html().contains("<table"), "{study:?}: shows no table");
        for verdicts in report.all_verdicts() {
            assert!(verdicts.study().starts_with(study.name), "{study:?}: verdicts of {}", verdicts.study());
        }
        let printed = format!("{report:?}");
        assert!(printed.contains("table of") && printed.chars().count() <= 2000, "{study:?}: {printed}");
        assert!(same(&study.run(trial(0, None)).unwrap(), &report), "{study:?}: the same seed, another result");
        assert_eq!(!same(&study.run(trial(1, None)).unwrap(), &report), study.seeded, "{study:?}: another seed");
    });
}

#[test]
fn a_study_stopped_wherever_it_can_be_goes_on_to_the_same_result_and_refuses_other_settings() {
    each(|study| {
        let folder = Folder::new(&format!("every-{}", study.name));
        let (expected, path) = (study.run(trial(0, None)).unwrap(), folder.0.join("run"));
        let (report, stops) = stop_and_go(&path, || study.run(trial(0, Some(&path))));
        assert!(!stops.is_empty(), "{study:?}: never stopped");
        assert!(same(&report, &expected), "{study:?}: another result after {} stops", stops.len());
        assert!(
            same(&study.run(trial(0, Some(&path))).unwrap(), &expected),
            "{study:?}: another result when it is read"
        );
        let refused = |options: RunOptions| study.run(options).unwrap_err().to_string();
        let quick = refused(RunOptions { profile: Profile::Quick, ..trial(0, Some(&path)) });
        assert!(quick.contains("a checkpoint of other settings") && quick.contains("choose another folder"), "{quick}");
        if study.seeded {
            let other = refused(trial(1, Some(&path)));
            assert!(other.contains("the seed is 0 there and 1 here"), "{other}");
        }
    });
}

/// The sources below a folder.
fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read =
        |path: std::path::PathBuf| if path.is_dir() { sources(&path) } else { vec![fs::read_to_string(path).unwrap()] };
    entries.flat_map(read).collect()
}

#[test]
fn every_study_is_in_the_list_and_all_of_it_in_the_prelude() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&root.join("src/study"));
    let lines = || sources.iter().flat_map(|source| source.lines());
    // What stands between the words that a study cannot do without; examples in comments start with others.
    let named = |start: &str| -> BTreeSet<String> {
        lines().filter_map(|line| line.strip_prefix(start)?.split([' ', ';', '{']).next().map(String::from)).collect()
    };
    let written = named("impl Study for ");
    let short = |study: &Registered| (study.type_name)().rsplit("::").next().unwrap().to_string();
    let listed: BTreeSet<String> = STUDIES.iter().map(short).collect();
    assert_eq!(written, listed, "studies written and studies in the list STUDIES of src/study/mod.rs");
    let names: BTreeSet<&str> = STUDIES.iter().map(|study| study.name).collect();
    assert_eq!(names.len(), STUDIES.len(), "two studies of one name");
    let prelude = fs::read_to_string(root.join("src/prelude.rs")).unwrap();
    let words: BTreeSet<&str> = prelude.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let reports = named("impl StudyReport for ");
    let missing: Vec<_> = written.iter().chain(&reports).filter(|name| !words.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "not in the prelude: {missing:?}");
}
