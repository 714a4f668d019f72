//! The contract suite: what every [`Store`] promises, in its own words, run against each back end.
//!
//! A back end joins with a [`Bed`] and one more line of `suite!`. What concerns one kind of back end only,
//! such as the file and its lock, is tested beside it.

mod activations;
mod appends;
mod effects;
mod expectations;
pub(super) mod given;
mod guards;
mod histories;
mod imports;
mod lasting;
mod logs;
mod parking;
mod random;
mod reductions;
mod rows;
mod snapshots;

use std::sync::Arc;

use everfold_test_postgres::Database;
use tempfile::TempDir;

use super::{Store, postgres::PostgresStore, sqlite::SqliteStore};

/// Where a store lies for the time of one test.
enum Bed {
    Memory,
    File(TempDir),
    Postgres(Database),
}

impl Bed {
    fn memory() -> Self {
        Self::Memory
    }

    fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    fn postgres() -> Self {
        Self::Postgres(Database::new())
    }

    /// Opens the store; in a file or a database, the one that is there already. The shop is known in it.
    async fn open(&self) -> Arc<dyn Store> {
        let store = self.bare().await;
        store.name_context(&given::shop()).await.unwrap();
        store
    }

    /// The same, as it is.
    async fn bare(&self) -> Arc<dyn Store> {
        let sqlite = async |place| SqliteStore::open(place, "the contract suite").await.unwrap();
        match self {
            Self::Memory => Arc::new(sqlite(":memory:").await),
            Self::File(folder) => Arc::new(sqlite(folder.path().join("log.db").to_str().unwrap()).await),
            Self::Postgres(database) => Arc::new(PostgresStore::open(&database.url(), 4).await.unwrap()),
        }
    }
}

macro_rules! suite {
    ($bed:ident) => {
        mod $bed {
            suite! { @promises $bed
                appends: {
                    positions_are_gapless_and_in_order, a_large_group_keeps_its_order,
                    the_same_content_again_answers_the_first_position,
                    metadata_is_not_content,
                    another_content_refuses_its_whole_request_and_no_other,
                    every_part_of_the_content_counts,
                    a_conflict_in_one_group_names_the_new_position,
                    an_id_is_unique_in_its_context_only,
                    times_of_recording_never_run_backwards,
                    what_is_new_is_told, requests_may_come_at_once,
                    a_caller_that_goes_away_leaves_whole_requests,
                }
                expectations: {
                    one_of_some_counts_or_any, a_refused_request_leaves_no_trace_and_harms_no_other,
                    of_equal_expectations_in_one_group_one_is_met,
                    a_retry_is_answered_whatever_it_expects, a_conflict_comes_first,
                    what_reducers_emit_does_not_count, counts_are_of_one_entity_in_one_context,
                    many_expectations_are_judged_at_once,
                }
                reductions: {
                    a_written_model_takes_the_next_version, a_kept_model_takes_no_version,
                    versions_rise_over_deletion, a_row_without_a_model_is_kept_too,
                    a_row_reads_back_as_it_was_written, the_parts_of_a_row_go_as_they_came,
                    one_group_may_reduce_a_row_twice,
                    emissions_come_behind_what_was_posted,
                    an_emission_that_is_there_already_is_not_written_again,
                    an_emission_whose_id_is_taken_is_divergent,
                    a_large_group_is_reduced_row_by_row,
                }
                guards: {
                    another_version_is_stale, another_position_is_stale, a_row_that_was_never_there_is_stale,
                    another_activation_is_stale, a_retired_domain_takes_nothing,
                    what_is_stale_leaves_no_trace, what_is_stale_harms_no_other,
                }
                activations: {
                    numbers_rise_over_all_domains, the_head_is_stamped, a_module_is_kept_for_ever,
                    a_descriptor_reads_back_as_it_was, a_file_is_noted_with_the_activation,
                    files_are_noted_by_host, contexts_never_vanish, the_first_mark_is_the_head,
                    marks_are_kept_and_the_last_counts,
                }
                logs: {
                    an_event_reads_back_as_it_was, data_is_kept_byte_for_byte,
                    a_log_goes_on_behind_a_position, a_log_can_be_of_one_context_or_some_types, a_log_can_be_of_types_that_begin_alike,
                    a_log_can_begin_at_a_time, histories_go_by_id_or_by_position,
                    histories_end_at_a_position, emissions_are_found_by_their_model,
                    emissions_can_be_of_later_causes,
                    what_is_unknown_is_empty,
                }
                histories: {
                    every_part_of_an_event_comes, long_histories_come_whole,
                    as_many_histories_come_as_fit, a_history_with_a_large_event_is_left_out,
                    who_has_no_history_has_an_empty_one,
                }
                effects: {
                    effects_come_by_id_with_their_causes,
                    effects_lie_behind_one_id_and_up_to_another,
                }
                rows: {
                    rows_come_in_the_order_asked_for, many_rows_come_at_once, rows_come_page_by_page,
                    a_page_of_large_models_ends_early, one_model_for_a_context_stands_beside_others,
                    entities_come_page_by_page, rows_are_counted,
                }
                parking: {
                    parked_rows_are_listed, a_capture_is_there_while_its_row_is_parked,
                    captures_belong_to_a_domain_and_an_entity, one_group_may_park_a_row_and_mend_it,
                    what_is_stale_captures_nothing, many_rows_park_and_are_mended_at_once,
                }
                snapshots: {
                    a_snapshot_reads_back_as_it_was_taken, the_newest_that_sorts_before_is_found,
                    snapshots_belong_to_a_domain_and_an_entity, what_came_late_voids_what_it_belongs_into,
                    what_another_activation_made_is_compared_with_the_log,
                    what_is_stale_takes_and_voids_nothing, one_group_may_take_and_void,
                    snapshots_are_thinned_out, snapshots_of_many_rows_come_and_go_at_once,
                }
                lasting: { a_closed_store_answers_nobody, }
            }
        }
    };
    (@promises $bed:ident $($area:ident: { $($promise:ident,)+ })+) => {
        $(mod $area {
            $(#[tokio::test]
            async fn $promise() {
                let bed = super::super::Bed::$bed();
                super::super::$area::$promise(&*bed.open().await).await;
            })+
        })+
    };
}

suite!(memory);
suite!(file);
suite!(postgres);
