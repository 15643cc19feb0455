//! The documentation of ops and named networks: every page is complete, in one order, and says of the limit what is true.

use hadamard::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Headings of an op's page, in order, and whether it may go without.
const OP_HEADINGS: [(&str, bool); 7] = [
    ("Limit rule", false),
    ("Shapes", false),
    ("Assumptions", true),
    ("Errors", false),
    ("Cost", false),
    ("References", false),
    ("Example", true),
];
const NETWORK_HEADINGS: [(&str, bool); 2] = [("Limit kernel", false), ("References", false)];
/// Ops whose page must have an example.
const WITH_EXAMPLE: [&str; 9] =
    ["Dense", "Conv", "Hadamard", "Concat", "Sum", "Attention", "Elementwise", "Injection", "AdaptivePool"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The sources below a folder, by path.
fn sources(folder: impl AsRef<Path>) -> BTreeMap<PathBuf, String> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let (folders, files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
    let own = files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    own.map(|path| (path.clone(), read(path))).chain(folders.into_iter().flat_map(sources)).collect()
}

/// What stands between `start` and `end`, which come once.
fn between<'a>(source: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = source.split_once(start).unwrap_or_else(|| panic!("no {start:?}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end:?} after {start:?}")).0
}

/// The documentation above the line that starts with `item`.
fn doc(source: &str, item: &str) -> String {
    let lines: Vec<&str> = source.lines().collect();
    let at = lines.iter().position(|line| line.starts_with(item)).unwrap_or_else(|| panic!("no {item:?}"));
    let above: Vec<&str> =
        lines[..at].iter().rev().take_while(|l| l.starts_with("///") || l.starts_with("#[")).copied().collect();
    let docs = above.iter().rev().filter_map(|line| line.strip_prefix("///"));
    docs.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The text before the first heading, and the headings with their texts.
fn sections(doc: &str) -> (String, Vec<(String, String)>) {
    let mut parts = format!("\n{doc}").split("\n## ").map(str::to_string).collect::<Vec<_>>().into_iter();
    let first = parts.next().unwrap_or_default();
    let named = parts.map(|part| {
        let (heading, text) = part.split_once('\n').unwrap_or((&part, ""));
        (heading.to_string(), text.trim().to_string())
    });
    (first, named.collect())
}

/// What stands in backticks.
fn spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn has_formula(text: &str) -> bool {
    spans(text).iter().any(|span| span.contains(" = ") || span.contains(" ← "))
}

fn has_year(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|n| n.len() == 4);
    numbers.filter_map(|n| n.parse::<u32>().ok()).any(|year| (1800..=2026).contains(&year))
}

/// Asserts that the headings are those of `expected`, in order, with text.
fn check_headings(name: &str, sections: &[(String, String)], expected: &[(&str, bool)]) {
    let found: Vec<&str> = sections.iter().map(|(heading, _)| heading.as_str()).collect();
    let wanted: Vec<&str> =
        expected.iter().filter(|(h, optional)| !optional || found.contains(h)).map(|(h, _)| *h).collect();
    assert_eq!(found, wanted, "headings of {name}");
    for (heading, text) in sections {
        assert!(!text.is_empty(), "{name}: nothing under {heading}");
    }
}

fn layers() -> Vec<String> {
    let list = between(include_str!("../engine/src/op/mod.rs"), "\nlayers!(", ");");
    list.split(',').map(|name| name.trim().to_string()).collect()
}

fn section<'a>(sections: &'a [(String, String)], heading: &str) -> Option<&'a str> {
    sections.iter().find(|(h, _)| h == heading).map(|(_, text)| text.as_str())
}

#[test]
fn every_op_has_a_complete_page() {
    let (layers, sources) = (layers(), sources("engine/src/op"));
    assert!(layers.len() >= 27, "{layers:?}");
    for name in &layers {
        let snake: String = name
            .char_indices()
            .flat_map(|(i, c)| (i > 0 && c.is_uppercase()).then_some('_').into_iter().chain(c.to_lowercase()))
            .collect();
        let file = sources.iter().find(|(path, _)| path.ends_with(format!("{snake}.rs")));
        let (_, source) = file.unwrap_or_else(|| panic!("{name}: there is no {snake}.rs below engine/src/op"));
        let (first, sections) = sections(&doc(source, &format!("pub struct {name}")));
        check_headings(name, &sections, &OP_HEADINGS);
        assert!(has_formula(&first), "{name}: no formula before the headings");
        let rule = section(&sections, "Limit rule").unwrap_or_default();
        assert!(rule.starts_with("None: ") || spans(rule).iter().any(|s| s.contains('=') || s.contains('←')), "{name}");
        let cost = section(&sections, "Cost").unwrap_or_default();
        assert!(cost.contains("Limit: "), "{name}: the cost of the limit");
        let references = section(&sections, "References").unwrap_or_default();
        assert!(has_year(references) || references.contains("tests/"), "{name}: neither a source nor a test");
        for path in sections.iter().flat_map(|(_, text)| spans(text)).filter(|span| span.starts_with("tests/")) {
            assert!(root().join(path).exists(), "{name}: there is no {path}");
        }
        let example = section(&sections, "Example");
        assert!(example.is_some() || !WITH_EXAMPLE.contains(&name.as_str()), "{name}: no example");
        if let Some(example) = example {
            let code: Vec<&str> = between(example, "```\n", "\n```").lines().filter(|l| !l.starts_with("# ")).collect();
            assert!(code.len() <= 10, "{name}: an example of {} lines", code.len());
            assert!(code.last().is_some_and(|line| line.starts_with("assert")), "{name}: no assert at the end");
        }
    }
    assert!(WITH_EXAMPLE.iter().all(|name| layers.iter().any(|layer| layer == name)));
}

/// Names that the prelude exports from `op` or from `net`.
fn prelude(module: &str) -> BTreeSet<String> {
    let list = between(include_str!("../src/names.rs"), &format!("pub use crate::{module}::{{"), "};");
    list.split(',').map(|name| name.trim().to_string()).collect()
}

#[test]
fn every_constructor_is_in_the_prelude() {
    let (prelude, layers) = (prelude("op"), layers());
    let mut count = 0;
    for (path, source) in sources("engine/src/op") {
        for line in source.lines().filter(|line| line.starts_with("pub fn ") && line.contains("-> Layer")) {
            let name = between(line, "pub fn ", "(").split('<').next().expect("a piece");
            assert!(prelude.contains(name), "{}: {name} is not in the prelude", path.display());
            count += 1;
        }
        // Methods that return `Self` without taking it.
        for block in source.split("\nimpl ").skip(1) {
            let name = block.split([' ', '<']).next().unwrap_or_default().to_string();
            let body = block.split("\n}").next().unwrap_or_default();
            let made = body.lines().filter(|l| l.starts_with("    pub fn ") && l.contains("-> Self"));
            if layers.contains(&name) && made.filter(|l| !l.contains("(self")).count() > 0 {
                assert!(prelude.contains(&name), "{}: {name} is not in the prelude", path.display());
                count += 1;
            }
        }
    }
    assert!(count >= 42, "{count} constructors");
}

/// Every named network at two sizes.
fn networks() -> [(&'static str, [Net; 2]); 12] {
    [
        ("mlp", [mlp(1), mlp(3)]),
        ("residual_mlp", [residual_mlp(1), residual_mlp(3)]),
        ("pnn", [pnn(1), pnn(3)]),
        ("ccp", [ccp(1), ccp(3)]),
        ("pnn_with_skip", [pnn_with_skip(1, 0.5), pnn_with_skip(3, 2.0)]),
        ("ncp", [ncp(1), ncp(3)]),
        ("deep_pnn", [deep_pnn(2), deep_pnn(3)]),
        ("gated", [gated(1), gated(3)]),
        ("modulated", [modulated(1), modulated(3)]),
        ("cnn", [cnn(1), cnn(3)].map(|net| net.image(2, 2, 1))),
        ("squeeze_excitation", [squeeze_excitation(1), squeeze_excitation(3)].map(|net| net.image(2, 2, 1))),
        ("poly_nonlocal", [poly_nonlocal(1), poly_nonlocal(3)].map(|net| net.image(2, 2, 1))),
    ]
}

#[test]
fn every_named_network_has_a_complete_page_that_is_right_about_its_limit() -> Result<()> {
    let x = sphere(3, 4, Seed(0))?;
    let networks = BTreeMap::from(networks());
    let mut documented = BTreeSet::new();
    for source in sources("engine/src/net/zoo").values() {
        for line in source.lines().filter(|line| line.starts_with("pub fn ")) {
            let name = between(line, "pub fn ", "(");
            let (first, sections) = sections(&doc(source, &format!("pub fn {name}(")));
            check_headings(name, &sections, &NETWORK_HEADINGS);
            assert!(has_formula(&first), "{name}: no formula");
            assert!(section(&sections, "References").is_some_and(has_year), "{name}: no source");
            let limits = networks.get(name).unwrap_or_else(|| panic!("{name} has no line in this test"));
            let limits = limits.clone().map(|net| net.limit_kernel(&x).is_ok());
            let expected = match section(&sections, "Limit kernel").and_then(|text| text.split([':', ' ']).next()) {
                Some("Yes") => [true, true],
                Some("Up") => [true, false],
                Some("None") => [false, false],
                other => panic!("{name}: {other:?} does not say whether it has a limit kernel"),
            };
            assert_eq!(limits, expected, "{name}: limit kernels of {:?}", networks[name].each_ref().map(Net::name));
            documented.insert(name.to_string());
        }
    }
    let tested: BTreeSet<String> = networks.keys().map(|name| name.to_string()).collect();
    assert_eq!(documented, tested);
    assert!(documented.is_subset(&prelude("net")));
    Ok(())
}

#[test]
fn the_kernel_of_the_ncp_form_is_the_recursion_on_its_page() -> Result<()> {
    let x = array![[0.8, -0.3, 1.1], [-0.4, 0.9, 0.5]];
    let product = x.row(0).dot(&x.row(1));
    let (mut k, mut theta) = (product, product);
    for degree in 1..=5 {
        if degree > 1 {
            (k, theta) = (product * (k + 1.0), product * (2.0 * k + 2.0 + theta));
        }
        let kernels = ncp(degree).limit_kernel(&x)?;
        for (got, expected) in [(kernels.nngp(), k), (kernels.ntk(), k + theta)] {
            let error = (got.values()[[0, 1]] - expected).abs();
            assert!(error <= 1e-13 * (1.0 + expected.abs()), "degree {degree}: off by {error:e}");
        }
    }
    Ok(())
}
