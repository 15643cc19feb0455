//! What every op, every named network and every parametrisation must satisfy: one list of cases, and tests that loop over
//! all of it.

mod case;
mod cases;
mod complex_definitions;
mod definitions;
mod derivatives;
mod kernels;
mod limit_gradient;
mod limits;
mod reproducible;
mod second_order;
mod streamed;

use case::Limit;
use cases::{cases, zoo};
use hadamard::op::Op;
use hadamard::prelude::*;
use std::collections::BTreeSet;

/// Adds the names of the ops of a tree, as in the list of variants of `Layer`.
fn add_ops(layer: &Layer, found: &mut BTreeSet<String>) {
    found.insert(layer.op_type().to_string());
    layer.children().iter().for_each(|child| add_ops(child, found));
}

/// What stands between `start` and `end` in a source, cut at commas.
fn list_in(source: &str, start: &str, end: &str) -> BTreeSet<String> {
    let (_, rest) = source.split_once(start).expect("the list is in the source");
    let (list, _) = rest.split_once(end).expect("the list ends");
    list.split(',').map(|name| name.trim().to_string()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_op_and_every_named_network_has_a_case() {
    let ops = list_in(include_str!("../../engine/src/op/mod.rs"), "\nlayers!(", ");");
    let (mut covered, mut sampled) = (BTreeSet::new(), BTreeSet::new());
    for case in cases() {
        add_ops(case.open().layer(), &mut covered);
        if let Limit::Sampled { .. } = case.limit {
            add_ops(case.open().layer(), &mut sampled);
        }
    }
    let without_limit: Vec<&String> = ops.difference(&sampled).collect();
    assert_eq!(without_limit, ["Attention", "MaxPool", "Tied", "ZRelu"], "ops in no network whose limit is sampled");
    assert!(ops.len() >= 19 && ops == covered, "without a case: {:?}", ops.difference(&covered).collect::<Vec<_>>());
    let networks = list_in(include_str!("../../engine/src/net/mod.rs"), "\npub use zoo::{", "};");
    let covered: BTreeSet<String> = zoo().iter().map(|(name, _)| name.to_string()).collect();
    assert!(networks.len() >= 3 && networks == covered, "the zoo is {networks:?}, its cases are {covered:?}");
    println!("{} ops and {} named networks in {} cases", ops.len(), networks.len(), cases().len());
}

#[test]
fn trees_print_names_sizes_and_parameter_counts() {
    let text = ccp(3).input(10).width(4).to_string();
    assert!(text.contains("124 parameters") && text.contains("3 × serial") && text.contains("ReLU"), "{text}");
    assert_eq!(ccp(3).layer().slot_count(), 4);
}
