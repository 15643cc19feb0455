//! Verbs of tables that polars asks more of than a cell wants to write. They are compiled here, not in the cell.

use crate::error::Result;
use polars::frame::PivotColumnNaming;
use polars::prelude::{
    DataFrame, IntoLazy, JoinArgs, JoinType, MaintainOrderJoin, UniqueKeepStrategy, by_name, col, element,
};
use std::sync::Arc;

/// What a table is asked for besides polars' own verbs.
pub trait TableVerbs {
    /// The rows of both tables that agree in the columns `on`, in the order of this one, with the columns of both.
    /// ```
    /// # use hadamard::prelude::*;
    /// let losses = df!("network" => ["a", "b"], "loss" => [0.5, 0.25])?;
    /// let depths = df!("network" => ["b", "a"], "depth" => [1, 2])?;
    /// assert_eq!(losses.joined(&depths, &["network"])?.column("depth")?.i32()?.get(0), Some(2));
    /// # Ok::<(), hadamard::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table) for a column that one of them lacks, or whose types differ.
    fn joined(&self, other: &DataFrame, on: &[&str]) -> Result<DataFrame>;

    /// One row for each combination of the columns `index` and one column for each value of the column `on`, named by it, that holds
    /// what the column `value` has there: from a row each to a table of two ways. What does not occur is empty.
    /// ```
    /// # use hadamard::prelude::*;
    /// let runs = df!("network" => ["a", "a", "b"], "width" => [64, 128, 64], "loss" => [0.5, 0.25, 0.125])?;
    /// let wide = runs.pivoted("network", &["width"], "loss")?;
    /// assert_eq!(wide.shape(), (2, 3));
    /// assert_eq!(wide.column("b")?.f64()?.get(0), Some(0.125));
    /// # Ok::<(), hadamard::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table) for a column that is not there, and for two rows of one place: take their mean by a group
    /// first.
    fn pivoted(&self, on: &str, index: &[&str], value: &str) -> Result<DataFrame>;
}

impl TableVerbs for DataFrame {
    fn joined(&self, other: &DataFrame, on: &[&str]) -> Result<DataFrame> {
        let on: Vec<_> = on.iter().map(|name| col(*name)).collect();
        let mut arguments = JoinArgs::new(JoinType::Inner);
        arguments.maintain_order = MaintainOrderJoin::Left;
        Ok(self.clone().lazy().join(other.clone().lazy(), on.clone(), on, arguments).collect()?)
    }

    fn pivoted(&self, on: &str, index: &[&str], value: &str) -> Result<DataFrame> {
        let named = |names: &[&str]| by_name(names.iter().copied(), true, false);
        let columns = self.select([on])?.unique_stable(None, UniqueKeepStrategy::First, None)?;
        let single = element().item(true);
        let plan = self.clone().lazy().pivot(
            named(&[on]),
            Arc::new(columns),
            named(index),
            named(&[value]),
            single,
            true,
            "_".into(),
            PivotColumnNaming::Auto,
        );
        Ok(plan.collect()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::df;

    #[test]
    fn a_join_keeps_the_order_and_drops_what_has_no_partner() -> Result<()> {
        let left = df!("k" => ["c", "a", "b", "a"], "j" => [1, 1, 1, 2], "x" => [1.0, 2.0, 3.0, 4.0])?;
        let right = df!("k" => ["a", "b", "a"], "j" => [1, 1, 2], "y" => [10, 20, 30])?;
        let joined = left.joined(&right, &["k", "j"])?;
        let expected = df!("k" => ["a", "b", "a"], "j" => [1, 1, 2], "x" => [2.0, 3.0, 4.0], "y" => [10, 20, 30])?;
        assert!(joined.equals(&expected), "{joined}");
        assert!(left.joined(&right, &["z"]).unwrap_err().to_string().contains('z'));
        Ok(())
    }

    #[test]
    fn a_pivot_has_a_column_a_value_and_refuses_two_of_one_place() -> Result<()> {
        let long = df!("n" => ["a", "b", "a"], "w" => [2, 1, 1], "s" => [0, 0, 0], "e" => [0.5, 0.25, 0.125])?;
        let wide = long.pivoted("n", &["w", "s"], "e")?;
        let expected = df!("w" => [2, 1], "s" => [0, 0], "a" => [Some(0.5), Some(0.125)], "b" => [None, Some(0.25)])?;
        assert!(wide.equals_missing(&expected), "{wide}");
        assert!(long.pivoted("n", &["s"], "e").is_err());
        assert!(long.pivoted("n", &["w"], "q").is_err());
        assert_eq!(long.head(Some(0)).pivoted("n", &["w"], "e")?.height(), 0);
        Ok(())
    }
}
