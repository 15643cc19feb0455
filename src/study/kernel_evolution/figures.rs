//! What the study of kernels in benign and adversarial training found: charts, and the report in order.

use super::report::{Measure, name};
use super::{FIRST, KernelEvolutionReport};
use crate::names::*;
use crate::study::frame::*;

/// Pixels along a side of a digit.
const SIDE: usize = 28;

impl KernelEvolutionReport {
    /// Effective rank, alignment, specialisation and shares right along the first phase, means over starts.
    pub fn measures_figure(&self) -> Figure {
        let panel = |(title, of): Measure| {
            FIRST.iter().enumerate().fold(line_chart(title), |chart, (colour, &first)| {
                chart.line(name(first), self.course(first, |phase, k| of(phase)[k])).colour(colour)
            })
        };
        let all: [Measure; 6] = [
            ("effective rank", |p| &p.effective_rank),
            ("alignment with the classes", |p| &p.alignment),
            ("centred alignment", |p| &p.centred_alignment),
            ("specialisation", |p| &p.specialisation),
            ("right", |p| &p.clean),
            ("right, attacked", |p| &p.robust),
        ];
        panels("Along the first phase", all.map(panel), 3, Scale::linear("epoch"), Scale::linear("value"))
    }

    /// Inputs along eigenvectors of the kernel of the first class after training, of the first start.
    pub fn pictures(&self) -> Vec<(String, Matrix)> {
        let of = |&first: &super::TrainedOn| {
            let rows = self.of(first)[0].pictures.rows().into_iter().enumerate();
            let picture =
                |row: ndarray::ArrayView1<'_, f64>| Matrix::from_shape_fn((SIDE, SIDE), |(i, j)| row[i * SIDE + j]);
            let named = move |(k, row)| (format!("{}, eigenvector {}", name(first), k + 1), picture(row));
            rows.map(named).collect::<Vec<_>>()
        };
        FIRST.iter().flat_map(of).collect()
    }
}

impl StudyReport for KernelEvolutionReport {
    /// Per second phase: shares of unseen images right, as they are and attacked.
    fn table(&self) -> Result<DataFrame> {
        self.second_table()
    }

    /// The distance of benign and adversarial kernels along the first phase, and that of benign kernels of different starts.
    fn figure(&self) -> Figure {
        let distances = self.distances();
        let chart = line_chart("Distance of kernels")
            .line("benign to adversarial, one start", distances.iter().map(|of| (of.0, of.1)))
            .line("benign to benign, two starts", distances.iter().filter_map(|of| of.2.map(|apart| (of.0, apart))));
        chart.axes(Scale::linear("epoch"), Scale::linear("1 - cosine")).figure()
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![("evolution", self.evolution_table()?), ("second_phase", self.second_table()?)])
    }

    fn report(&self) -> Result<Report> {
        Report::new()
            .table(self.evolution_table()?)
            .figure(self.figure())
            .figure(self.measures_figure())
            .table(self.second_table()?)
            .pictures(self.pictures())
            .verdicts(&self.verdicts())
    }

    fn verdicts(&self) -> Verdicts {
        self.judged()
    }
}
