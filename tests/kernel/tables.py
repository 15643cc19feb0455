"""Tables in cells: the type of every `let` is inferred as with polars' own sources, and the verbs run compiled.

    python -m tests.kernel.tables

One line a cell: whether it is right, or the seconds of a verb, which have a bound.
"""

import sys
import tempfile
from statistics import median

from .session import LOAD, Session

SECONDS = 2.0
# Generic over the file, so that a part of it is compiled in every cell.
IN_THE_CELL = ["Parquet by polars' own"]
RUNS = """let runs = df!("network" => ["a", "a", "b", "b"], "width" => [64i64, 128, 64, 128], "loss" => [0.5, 0.25, 0.125, 0.0625], "right" => [true, false, true, true])?;"""
# Lets that need a type, and what is true of them.
LETS = [
    ('let losses = runs.column("loss")?.f64()?.into_no_null_iter().collect::<Vec<f64>>();', "losses.len() == 4"),
    ('let right = runs.column("right")?.bool()?.sum();', "right == Some(3)"),
    ('let largest = runs.column("width")?.i64()?.max();', "largest == Some(128)"),
    ('let pairs: Vec<_> = runs.column("network")?.str()?.iter().zip(runs.column("loss")?.f64()?.iter()).map(|(n, l)| (n.unwrap().to_string(), l.unwrap())).collect();', "pairs[3].1 == 0.0625"),
    ('let mean = runs.column("loss")?.f64()?.mean();', "mean == Some(0.234375)"),
    ('let total = runs.column("loss")?.f64()?.sum();', "total == Some(0.9375)"),
    ("let shape = runs.shape();", "shape == (4, 4)"),
    ("let height = runs.height();", "height == 4"),
    ("let names = runs.get_column_names_owned();", "names.len() == 4"),
    ('let loss = runs.column("loss")?.clone();', "loss.len() == 4"),
    ('let series = runs.column("loss")?.as_materialized_series().clone();', "series.len() == 4"),
    ('let doubled = &series * 2.0;', "doubled.sum::<f64>()? == 1.875"),
    ('let both = (&series + &series)?;', "both.len() == 4"),
    ('let first = series.get(0)?.into_static();', "first == AnyValue::Float64(0.5)"),
    ('let kind = runs.column("loss")?.dtype().clone();', "kind == DataType::Float64"),
    ('let half = runs.head(Some(2));', "half.height() == 2"),
    ('let chosen = runs.select(["loss", "width"])?;', "chosen.width() == 2"),
    ('let sorted = runs.sort(["loss"], SortMultipleOptions::default())?;', 'sorted.column("loss")?.f64()?.get(0) == Some(0.0625)'),
    ('let mask = runs.column("loss")?.f64()?.gt(0.1);', "mask.len() == 4"),
    ('let large = runs.filter(&mask)?;', "large.height() == 3"),
    ('let plan = runs.clone().lazy().filter(col("loss").gt(lit(0.1)));', "plan.clone().collect()?.height() == 3"),
    ('let error = (col("loss") - col("loss").mean()).alias("error");', "runs.clone().lazy().select([error.clone()]).collect()?.height() == 4"),
    ('let grouped = runs.clone().lazy().group_by_stable([col("network")]).agg([col("loss").mean().alias("mean"), col("loss").std(1).alias("std"), len().alias("n")]).collect()?;', 'grouped.column("mean")?.f64()?.get(0) == Some(0.375)'),
    ('let matrix = runs.select(["width", "loss"])?.to_ndarray::<Float64Type>(IndexOrder::C)?;', "matrix.dim() == (4, 2)"),
    ('let made = Series::new("x".into(), [1.0, 2.0]);', "made.len() == 2"),
    ('let column = Column::new("x".into(), vec![1.0, 2.0]);', "column.len() == 2"),
    ('let strings: Vec<String> = runs.columns().iter().map(|c| c.name().to_string()).collect();', 'strings[0] == "network"'),
    ('let by = runs.partition_by(["network"], true)?;', "by.len() == 2"),
    ('let schema: SchemaRef = runs.schema().clone();', "schema.len() == 4"),
    ('let best = losses.iter().cloned().fold(f64::INFINITY, f64::min);', "best == 0.0625"),
]
# What has no name that a cell could know, in polars' own sources neither: said, not lost in silence.
UNNAMED = [("let schema = runs.schema().clone();", "Arc<Schema<DataType, ()>>")]
# Verbs, in cells of their own; FOLDER is one that goes after them.
VERBS = {
    "join": 'let joined = runs.join(&df!("network" => ["a", "b"], "depth" => [1, 2])?, ["network"], ["network"], JoinArgs::new(JoinType::Inner), None)?;',
    "lazy join": 'let joined = runs.clone().lazy().join(df!("network" => ["a", "b"], "depth" => [1, 2])?.lazy(), [col("network")], [col("network")], JoinArgs::new(JoinType::Left)).collect()?;',
    "group-by with mean and std": 'let summary = runs.clone().lazy().group_by([col("network")]).agg([col("loss").mean().alias("mean"), col("loss").std(1).alias("std"), len().alias("n")]).collect()?;',
    "sort": 'let ordered = runs.sort(["width", "loss"], SortMultipleOptions::default().with_order_descending(true))?;',
    "pivot": 'let wide = runs.pivoted("network", &["width"], "loss")?;',
    "Parquet round trip": 'write_table(&runs, "FOLDER/runs.parquet")?;\nlet back = read_table("FOLDER/runs.parquet")?;',
    "Parquet by polars' own": 'let mut out = runs.clone();\nParquetWriter::new(std::fs::File::create("FOLDER/own.parquet")?).finish(&mut out)?;\nlet own = ParquetReader::new(std::fs::File::open("FOLDER/own.parquet")?).finish()?;',
    "unpivot": 'let long = runs.unpivot(Some(["width", "loss"]), ["network"])?;',
    "stack": 'let twice = runs.vstack(&runs)?;',
    "show": "runs",
}


def main():
    failed = 0
    with Session() as session, tempfile.TemporaryDirectory() as folder:
        for code in (LOAD, RUNS):
            answer = session.run(code)
            if answer.error:
                raise SystemExit(f"{code}: {answer.text()}")
        for code, true in LETS:
            answer = session.run(code)
            shown = answer if answer.error else session.run(f'println!("{{}}", {true});')
            right = shown.stdout.strip() == "true"
            failed += not right
            print(f"{'right' if right else 'WRONG':>6}  {code.splitlines()[-1]}", flush=True)
            if not right:
                print(shown.text())
        for code, word in UNNAMED:
            answer = session.run(code)
            right = word in answer.error
            failed += not right
            print(f"{'refused in words' if right else 'WRONG'}  {code}", flush=True)
        for name, code in VERBS.items():
            answers = [session.run(code.replace("FOLDER", folder)) for _ in range(3)]
            seconds = median(answer.seconds for answer in answers)
            right = not any(answer.error for answer in answers) and (seconds <= SECONDS or name in IN_THE_CELL)
            failed += not right
            print(f"{name:>28}  {seconds:.2f} s, first {answers[0].seconds:.2f} s{'' if right else '  MISSED'}", flush=True)
            if answers[0].error:
                print(answers[0].text())
    return failed


if __name__ == "__main__":
    sys.exit(main() > 0)
