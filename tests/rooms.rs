//! The rooms of both crates: what may import what, and how long a file may be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rooms from the ground up. One imports those before it in the list alone.
const ENGINE: [&str; 23] = [
    "instances",
    "number",
    "stop",
    "atomic_file",
    "error",
    "progress",
    "random",
    "tensors",
    "linalg",
    "harmonic",
    "data",
    "checkpoint",
    "op",
    "sweep",
    "net",
    "kernel",
    "spectrum",
    "regression",
    "curvature",
    "train",
    "attack",
    "bayesian",
    "compute",
];
const HADAMARD: [&str; 5] = ["view", "names", "study", "prelude", "prelude_tests"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The code of a file without comments and without its tests, which may use everything.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source");
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().expect("a part").to_string();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The names after every `crate::`, those in braces too.
fn imported(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in code.split("crate::").skip(1) {
        let list = match part.strip_prefix('{') {
            Some(rest) => {
                let end = rest.find("};").unwrap_or(rest.len());
                rest[..end].split(',').map(str::to_string).collect()
            }
            None => vec![part.to_string()],
        };
        let name = |text: &String| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        names.extend(list.iter().map(name).filter(|name: &String| !name.is_empty()));
    }
    names
}

/// Imports of a room that does not stand before the one that imports, with the files.
fn upwards(root: &str, rooms: &[&str]) -> BTreeMap<(String, String), Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let place = |name: &str| rooms.iter().position(|room| *room == name);
    let mut found: BTreeMap<(String, String), Vec<PathBuf>> = BTreeMap::new();
    for path in sources(&root) {
        let inside = path.strip_prefix(&root).expect("below the root");
        let first = inside.iter().next().and_then(|name| name.to_str()).expect("a name");
        let own = first.trim_end_matches(".rs");
        if own == "lib" || inside.ends_with("tests.rs") || inside.iter().any(|part| part == "tests") {
            continue;
        }
        let own_place =
            place(own).unwrap_or_else(|| panic!("{own} has no place among the rooms: say which may import it"));
        for name in imported(&code(&path)) {
            // What is no room comes through the crate's root, from one.
            if place(&name).is_some_and(|other| other > own_place) {
                found.entry((own.to_string(), name)).or_default().push(inside.to_path_buf());
            }
        }
    }
    found
}

#[test]
fn no_room_imports_one_above_it() {
    for (root, rooms) in [("engine/src", &ENGINE[..]), ("src", &HADAMARD[..])] {
        let found = upwards(root, rooms);
        assert!(found.is_empty(), "{root}: {found:#?}");
    }
}

#[test]
fn imports_are_found_however_they_are_written() {
    let code = "use crate::{error::Error, kernel::Kernels};\nuse crate::op::Op;\nfn f() -> crate::Result<()> { crate::net::mlp(1) }";
    assert_eq!(imported(code), ["error", "kernel", "op", "Result", "net"]);
}

#[test]
fn no_source_is_longer_than_450_lines() {
    let roots = ["engine/src", "src", "tests", "benches", "examples"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = roots.iter().flat_map(|folder| sources(&root.join(folder)));
    let long: Vec<(PathBuf, usize)> = files
        .map(|path| {
            let lines = std::fs::read_to_string(&path).expect("a source").lines().count();
            (path, lines)
        })
        .filter(|(_, lines)| *lines > 450)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}
