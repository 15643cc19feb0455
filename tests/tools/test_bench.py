"""The bench against neural-tangents: order of the calls, medians, slow and failing servers, the table, the peer's environment."""

import csv
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tools.bench import __main__ as bench  # noqa: E402
from tools.bench import environment, server  # noqa: E402

# A stand-in for a server: logs its requests and answers with the Python expression `answer` of the request's words `r` and
# the number `k` of requests so far.
FAKE = """
import json, sys, time
log, name, answer = sys.argv[1:]
for k, line in enumerate(sys.stdin):
    r = line.split()
    with open(log, "a") as file:
        file.write(name + " " + line)
    print(json.dumps(eval(answer)), flush=True)
"""
OURS = "[1.0]"


def peer(seconds="2.0", first="1.0", batch=None):
    return f'{{"seconds": [{seconds}] * int(r[3]), "first": {first}, "batch": {batch}}}'

# Rows of a whole table.
ALL = 4 * 2 * 4 + len(bench.COMPILED)


class Bench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "report/bench.csv"
        self.printed = mock.patch("builtins.print").start()
        self.addCleanup(mock.patch.stopall)

    def command(self, name, answer):
        return [sys.executable, "-c", FAKE, str(self.folder / "log"), name, answer]

    def requests(self):
        return (self.folder / "log").read_text().splitlines()

    def measure(self, ours, other):
        with server.Server("ours", self.command("ours", ours)) as a, server.Server("peer", self.command("peer", other)) as b:
            return bench.measure(a, b, "mlp", "f64", "default")

    def bench(self, ours, other):
        return bench.bench(self.command("ours", ours), self.command("peer", other), self.path)

    def table(self):
        with open(self.path, newline="") as file:
            return list(csv.DictReader(file))

    def test_the_two_alternate_after_a_warm_up(self):
        row = self.measure(OURS, peer())
        warm_up = ["ours mlp f64 1", "peer mlp f64 default 0"]
        self.assertEqual(self.requests(), warm_up + ["ours mlp f64 1", "peer mlp f64 default 1"] * 5)
        self.assertEqual((row.case, row.ours, row.other, row.ratio), ("mlp f64", 1.0, 2.0, 2.0))

    def test_the_ratio_is_the_median_over_pairs(self):
        # Seconds of the pairs 1 to 5: ratios 10, 1, 1, 1/2, 1/3; the ratio of the medians would be 2/3.
        row = self.measure("[[9, 1, 2, 3, 4, 6][k]]", peer("[0, 10, 2, 3, 2, 2][k]"))
        self.assertEqual((row.ours, row.other, row.ratio), (3, 2, 1))

    def test_slow_calls_are_repeated_less_often(self):
        self.assertEqual(self.measure(OURS, peer("20.0", first="20.0")).ratio, 20.0)
        self.assertEqual(self.requests().count("peer mlp f64 default 1"), 2)
        (self.folder / "log").unlink()
        self.assertEqual(self.measure(OURS, peer("99.0", first="40.0")).ratio, 40.0)
        self.assertEqual(self.requests(), ["ours mlp f64 1", "peer mlp f64 default 0", "ours mlp f64 1"])

    def test_a_call_beyond_the_limit_is_ended_and_gives_a_lower_bound(self):
        with mock.patch.object(bench, "NONE", 0.5):
            row = self.measure(OURS, "time.sleep(60)")
        self.assertEqual((row.other, row.ratio), (0.5, 0.5))
        self.assertIn("stopped after 0.5 s", row.label())

    def test_blocks_are_named_in_the_table(self):
        self.assertEqual(self.measure(OURS, peer(batch=250)).label(), "neural-tangents default (blocks of 250 points)")

    def test_the_table_has_a_row_for_each_algorithm_and_holds_the_targets(self):
        self.assertEqual(self.bench(OURS, peer("1000.0 if r[2] == 'default' else 10.0")), 0)
        rows = self.table()
        self.assertEqual(list(rows[0]), ["case", "ours_s", "other", "other_s", "ratio"])
        self.assertEqual(len(rows), ALL)
        compiled = [row["case"] for row in rows if row["other"] == "jax jit"]
        self.assertEqual(compiled, [f"{case} {dtype}" for case, dtype, _ in bench.COMPILED])
        self.assertIn(
            {"case": "product f32", "ours_s": "1", "other": "neural-tangents default", "other_s": "1000", "ratio": "1000"}, rows
        )
        self.assertEqual([path.name for path in self.path.parent.iterdir()], ["bench.csv"])

    def test_the_best_algorithm_is_the_one_to_beat(self):
        slow_but_one = "1000.0 if r[2] != 'ntk_vector_products' else 4.0 if r[:2] == ['product', 'f64'] else 10.0"
        self.assertEqual(self.bench(OURS, peer(slow_but_one)), 1)

    def test_what_the_peer_cannot_do_fails_the_run_but_not_the_other_rows(self):
        error = '{"error": "RuntimeError: no memory"} if r[:3] == ["cnn", "f64", "default"] else '
        self.assertEqual(self.bench(OURS, error + peer("1000.0")), 1)
        self.assertEqual(len(self.table()), ALL - 1)
        self.assertIn("no memory", str(self.printed.call_args_list))

    def test_a_peer_that_ends_is_started_anew(self):
        self.assertEqual(self.bench(OURS, "sys.exit(3) if r[:3] == ['cnn', 'f64', 'default'] else " + peer("1000.0")), 1)
        self.assertEqual(len(self.table()), ALL - 1)
        self.assertIn("ended with status 3", str(self.printed.call_args_list))

    def test_a_failure_of_ours_stops_the_run_and_leaves_the_last_table(self):
        self.path.parent.mkdir()
        self.path.write_text("last")
        for ours in ["sys.exit(3)", "[]", "[0.0]", '{"error": "x"}', "[1.0, 1.0]"]:
            with self.assertRaises(server.Failed) as failed:
                self.bench(ours, peer())
            self.assertEqual(failed.exception.name, "ours")
        with self.assertRaises(server.Failed):
            bench.bench([str(self.folder / "absent")], self.command("peer", peer()), self.path)
        self.assertEqual(self.path.read_text(), "last")
        self.assertEqual([path.name for path in self.path.parent.iterdir()], ["bench.csv"])

    def test_a_folder_that_cannot_be_written_is_named_before_anything_is_timed(self):
        (self.folder / "report").write_text("")
        with self.assertRaises(SystemExit) as stopped:
            self.bench(OURS, peer())
        self.assertIn("report", str(stopped.exception))
        self.assertFalse((self.folder / "log").exists())

    def test_the_command_is_passed_on_as_it_is(self):
        with mock.patch.object(environment, "python", return_value="p"), mock.patch.object(bench, "bench", return_value=0) as run:
            with mock.patch.object(sys, "argv", ["bench", "--ours", "cargo", "bench", "--", "--serve"]):
                self.assertRaises(SystemExit, bench.main)
            self.assertEqual(run.call_args.args[0], ["cargo", "bench", "--", "--serve"])
            for wrong in [[], ["--ours"], ["cargo"]]:
                with mock.patch.object(sys, "argv", ["bench", *wrong]), self.assertRaises(SystemExit) as stopped:
                    bench.main()
                self.assertIn("usage", str(stopped.exception))
            self.assertEqual(run.call_count, 1)

    def test_the_peer_knows_every_case_and_algorithm(self):
        text = (ROOT / "tools/bench/peer.py").read_text()
        for name in [*bench.CASES, *bench.DTYPES, *bench.ALGORITHMS, "default"]:
            self.assertIn(f'"{name}":', text)
        hessian = (ROOT / "tools/bench/hessian.py").read_text()
        for case, _, _ in bench.COMPILED:
            self.assertIn(f"`{case}`" if case.startswith("hessian") else f'"{case}"', hessian + text)
        rows = {f"{case} {dtype}" for case in bench.CASES for dtype in bench.DTYPES}
        rows |= {f"{case} {dtype}" for case, dtype, _ in bench.COMPILED}
        self.assertLessEqual({case for case, _ in bench.TARGETS}, rows)


class Environment(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.peer = Path(folder.name) / "hadamard/peer"
        mock.patch.dict("os.environ", {"XDG_CACHE_HOME": folder.name}).start()
        mock.patch("sys.stderr").start()
        self.install = mock.patch.object(environment, "install", side_effect=lambda folder, _: folder.mkdir()).start()
        self.addCleanup(mock.patch.stopall)

    def test_it_is_made_once(self):
        for _ in range(2):
            self.assertEqual(environment.python(), self.peer / "venv/bin/python")
        self.assertEqual(self.install.call_count, 1)

    def test_it_is_made_anew_for_other_requirements(self):
        environment.python()
        (self.peer / "venv" / environment.STAMP).write_text("older")
        environment.python()
        self.assertEqual(self.install.call_count, 2)
        self.assertEqual([path.name for path in self.peer.iterdir()], ["venv"])

    def test_a_failed_installation_leaves_the_last_one(self):
        environment.python()
        (self.peer / "venv" / environment.STAMP).write_text("older")
        self.install.side_effect = subprocess.CalledProcessError(1, "pip")
        with self.assertRaises(SystemExit):
            environment.python()
        self.assertEqual([path.name for path in self.peer.iterdir()], ["venv"])

    def test_a_python_without_wheels_is_refused(self):
        with mock.patch.object(sys, "version_info", (3, 14, 0)), self.assertRaises(SystemExit) as stopped:
            environment.python()
        self.assertIn("3.10 to 3.12", str(stopped.exception))

    def test_every_requirement_is_locked_with_hashes(self):
        text = environment.REQUIREMENTS.read_text()
        locked = re.findall(r"^([a-z0-9-]+)==", text, re.M)
        wanted = re.findall(r"^[a-z-]+", environment.REQUIREMENTS.with_suffix(".in").read_text(), re.M)
        self.assertEqual(locked, sorted(wanted))
        self.assertEqual(len(locked), len(re.findall(r"^[a-z0-9-]+==\S+ \\\n +--hash", text, re.M)))


if __name__ == "__main__":
    unittest.main()
