//! From a list of settings to a study's type.

/// Makes a study's type from the list of its settings: the struct with its defaults, a method to set each of them, what a
/// [checkpoint](crate::checkpoint) knows it by, its sizes by [profile](crate::study::Profile), and how it and its report print.
/// [The page of studies](crate::study) has one in full.
///
/// A setting is `value`, set as it is; `list`, set from anything with such items; `optional`, set to some value; or `own`, which has no
/// method but one that is written by hand. After its default it says how it counts for a checkpoint, by a method of
/// [`Settings`](crate::checkpoint::Settings): short ones `with` their text, long ones by their `digest`. `trial`, `quick` and `paper`
/// name what these sizes set; the latter two may be left out.
#[macro_export]
macro_rules! define_study {
    (
        $(#[$doc:meta])*
        pub struct $study:ident => $report:ident, $name:literal, $title:literal;
        $($(#[$made:meta])* pub fn $function:ident;)?
        settings { $($(#[$told:meta])* $kind:ident $field:ident: $type:ty = $default:expr, $how:ident $words:literal;)* }
        trial { $($trial:ident: $trial_value:expr),* $(,)? }
        $(quick { $(#[$quick_doc:meta])* $($quick:ident: $quick_value:expr),* $(,)? })?
        $(paper { $(#[$paper_doc:meta])* $($paper:ident: $paper_value:expr),* $(,)? })?
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $study {
            $($field: $crate::study_setting!(type $kind $type),)*
            options: $crate::study::RunOptions,
        }

        $(
            $(#[$made])*
            pub fn $function() -> $study {
                $study::default()
            }
        )?

        impl Default for $study {
            fn default() -> Self {
                Self {
                    $($field: $crate::study_setting!(default $kind $default),)*
                    options: $crate::study::RunOptions::default(),
                }
            }
        }

        impl $study {
            $($crate::study_setting! { setter $kind $(#[$told])* $field $type })*

            $(
                $(#[$quick_doc])*
                pub fn quick(self) -> Self {
                    $crate::study::StudySettings::sizes(self, $crate::study::Profile::Quick)
                }
            )?

            $(
                $(#[$paper_doc])*
                pub fn paper(self) -> Self {
                    $crate::study::StudySettings::sizes(self, $crate::study::Profile::Paper)
                }
            )?
        }

        impl $crate::study::StudySettings for $study {
            const NAME: &'static str = $name;
            const TITLE: &'static str = $title;
            const PAPER: bool = {
                const SIZES: &[&[&str]] = &[$(&[$(stringify!($paper)),*])?];
                !SIZES.is_empty()
            };

            fn options(&self) -> &$crate::study::RunOptions {
                &self.options
            }

            fn options_mut(&mut self) -> &mut $crate::study::RunOptions {
                &mut self.options
            }

            fn settings(&self) -> $crate::checkpoint::Settings {
                $crate::checkpoint::Settings::new()$(.$how($words, &self.$field))*
            }

            fn sizes(mut self, profile: $crate::study::Profile) -> Self {
                self.options.profile = profile;
                match profile {
                    $crate::study::Profile::Trial => {
                        $(self.$trial = $trial_value;)*
                    }
                    $crate::study::Profile::Quick => {
                        $($(self.$quick = $quick_value;)*)?
                    }
                    $crate::study::Profile::Full => {}
                    $crate::study::Profile::Paper => {
                        $($(self.$paper = $paper_value;)*)?
                    }
                }
                self
            }
        }

        impl std::fmt::Debug for $study {
            /// A line; a study shows itself once it has run.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!("settings of the study ", $name, "; .run() gives its report"))
            }
        }

        impl std::fmt::Debug for $report {
            /// What is in it, a line a part.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match $crate::study::StudyReport::report(self) {
                    Ok(report) => write!(f, "{report:?}"),
                    Err(error) => write!(f, "error: {error}"),
                }
            }
        }
    };
}

/// A setting of [`define_study!`](crate::define_study) by its kind: its type, its default, its method.
#[macro_export]
macro_rules! study_setting {
    (type list $type:ty) => { Vec<$type> };
    (type optional $type:ty) => { Option<$type> };
    (type $kind:ident $type:ty) => { $type };
    (default list $default:expr) => { $default.into_iter().collect() };
    (default $kind:ident $default:expr) => { $default };
    (setter own $(#[$told:meta])* $field:ident $type:ty) => {};
    (setter value $(#[$told:meta])* $field:ident $type:ty) => {
        $(#[$told])*
        pub fn $field(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        }
    };
    (setter optional $(#[$told:meta])* $field:ident $type:ty) => {
        $(#[$told])*
        pub fn $field(mut self, $field: $type) -> Self {
            self.$field = Some($field);
            self
        }
    };
    (setter list $(#[$told:meta])* $field:ident $type:ty) => {
        $(#[$told])*
        pub fn $field(mut self, $field: impl IntoIterator<Item = $type>) -> Self {
            self.$field = $field.into_iter().collect();
            self
        }
    };
}
