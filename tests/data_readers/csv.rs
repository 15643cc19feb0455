//! Tables as text. The files in `tables` were written by hand, by `make.py` in `arrays` where they are NumPy's, and by Python's codecs
//! where they are in other encodings.

use super::{Folder, fault, gzip};
use hadamard::prelude::*;
use std::path::{Path, PathBuf};

fn made(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data_readers/tables").join(name)
}

/// The values of a table without text.
fn numbers(table: &Columns) -> Matrix {
    table.values().unwrap()
}

#[test]
fn one_table_in_many_spellings() -> Result<()> {
    let files = [
        "semicolon.csv",
        "tab.tsv",
        "pipe.txt",
        "crlf.csv",
        "cr.csv",
        "bom.csv",
        "utf16le.csv",
        "utf16be.csv",
        "quoted_text.csv",
        "spaced.csv",
        "trailing.csv",
        "trailing_rows.csv",
        "blank_lines.csv",
        "comments.csv",
        "quoted_commas.csv",
        "minus.csv",
    ];
    for name in files {
        let table = read_csv(made(name))?;
        assert_eq!(table.names(), ["x", "y", "place"], "{name}");
        assert_eq!(table.matrix(&["y", "x"])?, array![[-1.0, 0.5], [2.0, 1.5]], "{name}");
        assert_eq!(table.text("place")?, ["Ulm", "Bonn"], "{name}");
        assert_eq!((table.rows(), table.skipped()), (2, 0), "{name}");
    }
    Ok(())
}

#[test]
fn spreadsheets_of_other_countries_and_machines() -> Result<()> {
    let european = read_csv(made("european.csv"))?;
    assert_eq!((european.names(), numbers(&european)), (vec!["x", "y"], array![[0.0, 1.0], [0.5, -1.0]]));
    let quoted = read_csv(made("quoted.csv"))?;
    assert_eq!((quoted.names(), numbers(&quoted)), (vec!["x", "y"], array![[0.0, 1.0], [0.5, -1.0]]));
    let four = array![[0.0, 1.0], [0.5, -1.0], [1.0, 0.5], [1.5, 0.25]];
    for name in ["mac.csv", "hash_header.csv"] {
        let table = read_csv(made(name))?;
        assert_eq!((table.names(), numbers(&table)), (vec!["x", "y"], four.clone()), "{name}");
    }
    // Without names no sample is lost.
    let path = made("no_header.csv");
    assert!(matches!(
        fault(read_csv(&path), &path, &["line 1", ".header()", ".no_header()"]),
        Fault::Header { line: 1, .. }
    ));
    let table = Csv::new().no_header().read(&path)?;
    assert_eq!((table.names(), numbers(&table)), (vec!["column 1", "column 2"], four.clone()));
    let table = Csv::new().no_header().names(["x", "y"]).read(&path)?;
    assert_eq!((table.names(), numbers(&table)), (vec!["x", "y"], four.clone()));
    assert_eq!(Csv::new().header().read(&path)?.names(), ["0", "1"]);
    // numpy.savetxt.
    let values = array![[0.0, 1.0, -2.0], [3.0, 100.0, 7.0]];
    for name in ["savetxt_header.csv", "savetxt_blanks.txt"] {
        let table = read_csv(made(name))?;
        assert_eq!((table.names(), numbers(&table)), (vec!["a", "b", "c"], values.clone()), "{name}");
    }
    assert_eq!(numbers(&Csv::new().no_header().read(made("savetxt.txt"))?), values);
    assert_eq!(numbers(&Csv::new().no_header().separator(' ').read(made("savetxt.txt"))?), values);
    Ok(())
}

#[test]
fn encodings_are_read_or_refused_by_name() -> Result<()> {
    for (name, names, place) in
        [("latin1.csv", ["größe", "ort"], "Köln"), ("windows.csv", ["price €", "place"], "Köln")]
    {
        let path = made(name);
        assert!(matches!(
            fault(read_csv(&path), &path, &["line", "not UTF-8", ".windows_1252()"]),
            Fault::Encoding { .. }
        ));
        let table = Csv::new().windows_1252().read(&path)?;
        assert_eq!((table.names(), table.text(names[1])?[0].as_str()), (names.to_vec(), place));
        assert_eq!(table.column(names[0])?, array![0.5, 1.5]);
    }
    let folder = Folder::new("csv-encodings");
    for (bytes, line, part) in [
        (&b"a,b\n1,2\n3,\xe9\n"[..], 3, "e9"),
        (b"a\r\rb\xff", 3, "ff"),
        (b"\xff\xfe\0\0a\0\0\0", 1, "UTF-32"),
        (b"a\0,\0b\0\n\x001\0,\x002\0", 1, "UTF-16"),
        (b"\xff\xfea\0\n\0\x00\xd8b\0", 2, "d800"),
        (b"\xfe\xff\0a\0", 1, "half of a unit"),
    ] {
        let path = folder.file("table.csv", bytes);
        match fault(read_csv(&path), &path, &[&format!("line {line}"), part]) {
            Fault::Encoding { line: got, .. } => assert_eq!(got, line),
            other => panic!("{other:?}"),
        }
    }
    Ok(())
}

#[test]
fn tables_of_numbers_have_columns_by_name() -> Result<()> {
    let folder = Folder::new("csv");
    let text = b"\xef\xbb\xbf\"mpg\", weight ,x\r\n18,3504.5,-1e-3\r\n 15 ,3693,2\r\n\r\n";
    for (name, bytes) in [("cars.csv", text.to_vec()), ("cars.csv.gz", gzip(text))] {
        let table = read_csv(folder.file(name, &bytes))?;
        assert_eq!(table.names(), ["mpg", "weight", "x"]);
        assert_eq!(table.values()?, array![[18.0, 3504.5, -1e-3], [15.0, 3693.0, 2.0]]);
        assert_eq!(table.column("weight")?.to_vec(), [3504.5, 3693.0]);
        assert_eq!(table.matrix_without(&["weight"])?, array![[18.0, -1e-3], [15.0, 2.0]]);
        match table.column("none") {
            Err(error @ Error::NoColumn { .. }) => assert!(error.to_string().contains("mpg, weight, x")),
            other => panic!("{other:?}"),
        }
        assert!(matches!(table.text("x"), Err(Error::Column(ColumnFault::Number { .. }))));
        assert_eq!(format!("{table:?}"), "2 rows × 3 columns\nmpg, weight, x\n18, 3504.5, -0.001\n15, 3693, 2");
    }
    let labelled = read_csv(folder.file("labels.csv", b"x,kind,digit\n1,b,7\n2,\"a, \"\"c\"\"\nd\",3\n3,b,7\n"))?;
    assert_eq!(labelled.text("kind")?[1], "a, \"c\"\nd");
    assert_eq!(labelled.classes("kind")?.indices(), [1, 0, 1]);
    assert_eq!(labelled.classes("digit")?.names(), ["3", "7"]);
    assert!(matches!(labelled.column("kind"), Err(Error::Column(ColumnFault::Text { .. }))));
    assert!(matches!(labelled.values(), Err(Error::Column(ColumnFault::Text { .. }))));
    assert_eq!(labelled.matrix_without(&["kind"])?, array![[1.0, 7.0], [2.0, 3.0], [3.0, 7.0]]);
    // A column of which only the user knows that it is text.
    let codes = folder.file("codes.csv", b"x,code\n1,7\n2,A7\n3,1.5\n");
    let table = Csv::new().text("code").read(&codes)?;
    assert_eq!(table.text("code")?, ["7", "A7", "1.5"]);
    let path = folder.file("header.csv", b"a,b");
    assert!(matches!(fault(read_csv(&path), &path, &[".header()"]), Fault::Header { line: 1, .. }));
    assert_eq!(Csv::new().header().read(&path)?.values()?.dim(), (0, 2));
    Ok(())
}

#[test]
fn damaged_tables_are_refused_with_line_and_column() {
    let folder = Folder::new("csv-damaged");
    let read = |text: &[u8], parts: &[&str]| {
        let path = folder.file("table.csv", text);
        fault(read_csv(&path), &path, parts)
    };
    assert_eq!(read(b"", &[]), Fault::Empty);
    assert_eq!(read(b" \n\n", &[]), Fault::Empty);
    assert_eq!(read(b"# only\n# comments\n", &[]), Fault::Empty);
    let ragged = |text: &[u8], (at, of, cells): (usize, usize, usize)| match read(text, &[&format!("line {at}")]) {
        Fault::Ragged { line, expected, got, .. } => assert_eq!((line, expected, got), (at, of, cells)),
        other => panic!("{other:?}"),
    };
    ragged(b"a,b\n1,2\n1,2,3\n", (3, 2, 3));
    ragged(b"a,b\n1,2\n1\n", (3, 2, 1));
    ragged(b"a,b\n1,2,\n1,2\n", (2, 2, 3));
    ragged(b"x\n0,5\n1,5\n", (2, 1, 2));
    ragged(b"a,b\n\n\"1\n\n\",2\n1,2,3\n", (6, 2, 3));
    assert!(read(b"x,y\n0,5,1,5\n1,5,2,5\n", &["line 2", "decimals"]) != Fault::Empty);
    let cell = |text: &[u8], (line, name, cell): (usize, &str, &str), parts: &[&str]| match read(text, parts) {
        Fault::Cell { line: at, column, text, .. } => {
            assert_eq!((at, column.as_str(), text.as_str()), (line, name, cell))
        }
        other => panic!("{other:?}"),
    };
    cell(b"a,b\n1,2\n1,x7\n", (3, "b", "x7"), &["line 3", "column b", "a number", ".text(\"b\")"]);
    cell(b"x\n1\n2\noops\n", (4, "x", "oops"), &["the 2 others"]);
    cell(b"a,b\n1,-inf\n", (2, "b", "-inf"), &["finite"]);
    cell(b"a,b\n1,1e999\n", (2, "b", "1e999"), &["finite"]);
    // What may be one number or another.
    cell(b"a,b\n1,\"1,234\"\n2,\"5,678\"\n", (2, "b", "1,234"), &[".decimal_comma()", ".thousands(…)"]);
    cell(b"a;b\n1;1 234\n2;5\n", (2, "b", "1 234"), &[".thousands(…)"]);
    cell(b"a;b\n0,5;1.234,5\n0,5;5,5\n", (2, "b", "1.234,5"), &[".thousands(…)"]);
    assert!(matches!(
        read(b"a;b\n0,5;1\n1.5;2\n", &["\"0,5\"", "\"1.5\" on line 3"]),
        Fault::DecimalMark { line: 2, .. }
    ));
    let absent = |text: &[u8], (line, name): (usize, &str)| match read(text, &["missing", ".skip_incomplete_rows()"]) {
        Fault::Absent { line: at, column, .. } => assert_eq!((at, column.as_str()), (line, name)),
        other => panic!("{other:?}"),
    };
    absent(b"a,b\n1,\n", (2, "b"));
    for word in ["NA", "NaN", "nan", "null", "N/A", "?", "-", "None", "#N/A"] {
        absent(format!("a,b\n1,2\n3,{word}\n").as_bytes(), (3, "b"));
    }
    absent(b"a,b,c\n1,x,2\n1,,2\n", (3, "b"));
    absent(b"a,b\n1,2\n,\n", (3, "a"));
    let long = format!("a,b\n1,2\n1,{}\n", "y\u{7}".repeat(5000));
    match read(long.as_bytes(), &["…", "\\u{7}"]) {
        Fault::Cell { text, .. } => assert!(text.len() < 100, "{text}"),
        other => panic!("{other:?}"),
    }
    let name = |text: &[u8], place: usize, parts: &[&str]| match read(text, parts) {
        Fault::ColumnName { line: 1, column, .. } => assert_eq!(column, place),
        other => panic!("{other:?}"),
    };
    name(b"a,,c\n1,2,3\n", 2, &["column 2"]);
    name(b",a,b\n0,1,2\n1,1,2\n", 1, &["index=False"]);
    name(b"a,b,a\n1,2,3\n", 3, &["column 3", "twice"]);
    let missing = folder.0.join("none.csv");
    assert!(matches!(fault(read_csv(&missing), &missing, &[]), Fault::Missing { .. }));
}

#[test]
fn what_can_be_read_in_two_ways_is_asked_for() -> Result<()> {
    let folder = Folder::new("csv-asks");
    let file = |text: &str| folder.file("table.csv", text.as_bytes());
    let asks = |text: &str, parts: &[&str]| {
        let path = file(text);
        fault(read_csv(&path), &path, parts)
    };
    // A first line that may be a sample.
    for text in ["5.1,3.5,setosa\n4.9,3.0,setosa\n", "1990,1991\n5,6\n", "a,b\nc,d\n", "cat\ndog\ncat\n", "1\n", "a\n"]
    {
        assert!(matches!(asks(text, &["line 1", ".no_header()"]), Fault::Header { .. }), "{text}");
        let (with, without) = (Csv::new().header().read(file(text))?, Csv::new().no_header().read(file(text))?);
        assert_eq!(with.rows() + 1, without.rows());
    }
    // Lines that begin with # among the rows.
    let colours = "name,x\n#ff0000,1\n#00ff00,2\nblue,3\n";
    assert_eq!(asks(colours, &["line 2", ".no_comments()"]), Fault::Comment { line: 2 });
    assert_eq!(Csv::new().no_comments().read(file(colours))?.rows(), 3);
    assert_eq!(Csv::new().comment('#').read(file(colours))?.rows(), 1);
    assert_eq!(asks("#ff0000,1\n#00ff00,2\nblue,3\nred,5\n", &["line 1"]), Fault::Comment { line: 1 });
    let percent = Csv::new().comment('%').read(file("% by hand\nx,y\n1,2\n%3,4\n5,6\n"))?;
    assert_eq!(numbers(&percent), array![[1.0, 2.0], [5.0, 6.0]]);
    // Two separators.
    let two = "a;b,c\nx;y,1\nz;w,2\n";
    assert!(matches!(asks(two, &["','", "';'", ".separator(',')"]), Fault::Separator { .. }));
    assert_eq!(Csv::new().separator(b';').header().read(file(two))?.names(), ["a", "b,c"]);
    assert_eq!(Csv::new().separator(',').read(file(two))?.column("c")?, array![1.0, 2.0]);
    // Of which one leaves numbers.
    assert_eq!(numbers(&read_csv(file("a,b;c\n1,2;3\n4,5;6\n"))?), array![[1.2, 3.0], [4.5, 6.0]]);
    for bad in ['\n', '"', '5', 'x', 'é', '.'] {
        let path = file(two);
        assert!(matches!(fault(Csv::new().separator(bad).read(&path), &path, &[]), Fault::Separator { .. }));
    }
    // Marks of decimals and of thousands.
    let both = "a;b\n1.234,5;1\n12.345.678,25;-2\n";
    let read = Csv::new().decimal_comma().thousands('.').read(file(both))?;
    assert_eq!(numbers(&read), array![[1234.5, 1.0], [12_345_678.25, -2.0]]);
    let english = Csv::new().thousands(',').read(file("a,b\n\"1,234.5\",1\n\"-12,345,678\",2\n"))?;
    assert_eq!(english.column("a")?, array![1234.5, -12_345_678.0]);
    assert_eq!(Csv::new().decimal_comma().read(file("a;b\n1,234;1\n"))?.column("a")?, array![1.234]);
    assert_eq!(Csv::new().thousands('\'').read(file("a;b\n1'234;1\n"))?.column("a")?, array![1234.0]);
    let path = file("a;b\n12.34;1\n");
    fault(Csv::new().decimal_comma().thousands('.').read(&path), &path, &[]);
    // Rows without a value.
    let gaps = Csv::new().skip_incomplete_rows().read(file("a,b,c\n1,NA,x\n2,3,\n4,5,y\n"))?;
    assert_eq!((gaps.matrix(&["a", "b"])?, gaps.skipped()), (array![[4.0, 5.0]], 2));
    // Names given.
    let path = file("a,b\n1,2\n");
    assert_eq!(Csv::new().names(["x", "y"]).read(&path)?.names(), ["x", "y"]);
    assert!(matches!(fault(Csv::new().names(["x"]).read(&path), &path, &["expected 2"]), Fault::Count { got: 1, .. }));
    assert!(matches!(fault(Csv::new().text("z").read(&path), &path, &["a, b"]), Fault::Header { .. }));
    Ok(())
}

#[test]
fn a_first_row_with_a_word_in_it_is_no_line_of_names() -> Result<()> {
    let folder = Folder::new("csv-first-rows");
    let file = |text: &str| folder.file("table.csv", text.as_bytes());
    // A word among numbers, a number with a mark, a word for nothing.
    for first in ["unknown,1.2", "<0.5,1.2", "0.5,5%", "<NA>,1.2", "n.a.,1.2", "$3,4"] {
        let path = file(&format!("{first}\n0.7,2.0\n0.9,3.1\n"));
        let fault = fault(read_csv(&path), &path, &["line 1", ".no_header()"]);
        assert!(matches!(fault, Fault::Header { line: 1, .. }), "{first}: {fault:?}");
    }
    assert_eq!(Csv::new().no_header().skip_incomplete_rows().read(file("<NA>,1.2\n0.7,2.0\n"))?.skipped(), 1);
    // Over words nothing need be a name.
    assert_eq!(read_csv(file("name,x\nanna,1\nbob,2\n"))?.names(), ["name", "x"]);
    assert_eq!(read_csv(file("x,5%\n1,2\n3,4\n"))?.names(), ["x", "5%"]);
    Ok(())
}

#[test]
fn separators_and_comments_that_a_file_names() -> Result<()> {
    let folder = Folder::new("csv-named");
    let file = |text: &str| folder.file("table.csv", text.as_bytes());
    for text in [
        "sep=;\nx;y\n1;2\n3;4\n",
        "SEP=;\r\nx;y\r\n1;2\r\n3;4\r\n",
        "\"sep=;\"\nx;y\n1;2\n3;4\n",
        "\u{feff}sep=,\nx,y\n1,2\n3,4\n",
    ] {
        let table = read_csv(file(text))?;
        assert_eq!((table.names(), numbers(&table)), (vec!["x", "y"], array![[1.0, 2.0], [3.0, 4.0]]), "{text}");
    }
    let path = file("sep=;\nx;y\n1;oops\n3;4\n5;6\n");
    assert!(matches!(fault(read_csv(&path), &path, &[]), Fault::Cell { line: 3, .. }));
    // Quotes in comments.
    let quoted = Csv::new().comment('%').read(file("% the \"best\" run\nx,y\n1,2\n% 5\" pipe\n3,4\n"))?;
    assert_eq!(numbers(&quoted), array![[1.0, 2.0], [3.0, 4.0]]);
    // As R writes tables.
    let table = read_csv(file("\"x\" \"the y\"\n1 2\n3 4\n"))?;
    assert_eq!((table.names(), numbers(&table)), (vec!["x", "the y"], array![[1.0, 2.0], [3.0, 4.0]]));
    let table = Csv::new().separator(' ').read(file("x y\n\"1\" \"a b\"\n\"2\" \"c\"\n"))?;
    assert_eq!((table.column("x")?, table.text("y")?), (array![1.0, 2.0], &["a b".to_string(), "c".into()][..]));
    Ok(())
}

#[test]
fn whole_numbers_that_a_float_would_round_are_labels() -> Result<()> {
    let folder = Folder::new("csv-long");
    let file = |text: &str| folder.file("table.csv", text.as_bytes());
    let ids = "id,y\n9007199254740992,1\n9007199254740993,2\n";
    let path = file(ids);
    assert!(matches!(fault(read_csv(&path), &path, &["2^53", ".text(\"id\")"]), Fault::Cell { line: 3, .. }));
    assert_eq!(Csv::new().text("id").read(&path)?.classes("id")?.names().len(), 2);
    assert_eq!(read_csv(file("x\n9007199254740992\n100000000000000000000\n1.2345678901234567\n"))?.rows(), 3);
    Ok(())
}

#[test]
fn quotes_that_do_not_close_take_no_rows() {
    let folder = Folder::new("csv-quotes");
    let quote = |text: &str, at: usize, part: &str| {
        let path = folder.file("table.csv", text.as_bytes());
        match fault(read_csv(&path), &path, &[&format!("line {at}"), part]) {
            Fault::Quote { line, .. } => assert_eq!(line, at, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    };
    quote("x,y\n1,\"2\n3,4\n5,6\n", 2, "does not close");
    quote("x,y\n1,2\n\"3,4\n", 3, "does not close");
    quote("x,y\n1,\"2\"3\n4,5\n", 2, "after the closing quote");
    quote("x,y\n1,5\" pipe\n4,6\" pipe\n", 2, "a quote within");
    quote("x,y\n1, \"a, b\"\n4,c\n", 2, "blank before a quote");
}

/// A table of random shape written in every spelling comes back.
#[test]
fn random_tables_come_back_in_every_spelling() -> Result<()> {
    let folder = Folder::new("csv-random");
    let mut state = 7u64;
    let mut draw = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for round in 0..400 {
        let (rows, columns) = (1 + draw(5), 1 + draw(4));
        let values = Matrix::from_shape_fn((rows, columns), |_| {
            [0.0, 0.5, -1.25, 1e-7, 3.0, -12_345.678, 1e20, 0.1][draw(8)] * [1.0, -1.0][draw(2)]
        });
        let separator = [",", ";", "\t", "|", " "][draw(5)];
        let end = ["\n", "\r\n", "\r"][draw(3)];
        let (quoted, comma) = (draw(2) == 1 && separator != " ", draw(2) == 1);
        // A comma cannot separate cells and decimals; and without a comma in any number nothing tells.
        let comma = comma && (separator != "," || quoted);
        let cell = |value: f64| {
            let text = if comma { value.to_string().replace('.', ",") } else { value.to_string() };
            if quoted { format!("\"{text}\"") } else { text }
        };
        let names: Vec<String> = (0..columns).map(|column| format!("name{column}")).collect();
        let mut text = names.join(separator) + end;
        for row in values.rows() {
            text += &(row.iter().map(|&v| cell(v)).collect::<Vec<_>>().join(separator) + end);
        }
        let bytes: Vec<u8> = match draw(3) {
            0 => text.clone().into_bytes(),
            1 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            _ => [0xfeffu16].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect(),
        };
        let path = folder.file("table.csv", &bytes);
        let settings = match (comma, separator) {
            (true, ",") => Csv::new().decimal_comma().separator(','),
            (true, _) => Csv::new().decimal_comma(),
            _ => Csv::new(),
        };
        let table = settings.read(&path).unwrap_or_else(|error| panic!("{round}: {error}\n{text}"));
        assert_eq!(table.names(), names, "{text}");
        assert_eq!(table.values()?, values, "{text}");
    }
    Ok(())
}
