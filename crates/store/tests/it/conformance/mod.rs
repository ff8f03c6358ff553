//! What every store must do. Each function gets a new, empty store; a back end's own module runs them all by
//! [`conformance_suite`].

mod log;
mod messages;
mod records;
mod webhooks;

pub use log::*;
pub use messages::*;
pub use records::*;
pub use webhooks::*;

/// Makes one test of each function for the store that `$open` makes (a `Fixture` with a field `store`).
macro_rules! conformance_suite {
    ($open:path: $($name:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let fixture = $open();
            $crate::conformance::$name(&fixture.store).await;
            lia_store::Store::close(&fixture.store).await;
        })*
    };
    ($open:path) => {
        $crate::conformance::conformance_suite!($open:
            seq_is_gapless_and_events_come_back_as_they_were,
            a_page_is_bounded,
            landmarks_are_read_alone,
            a_transaction_is_all_or_nothing,
            many_writers_at_once,
            an_early_answer_is_seen_at_once_and_settles,
            journal_lines_come_once,
            a_line_without_an_event_of_its_own_comes_once,
            a_life_of_the_sidecar_ends,
            a_task_moves_by_its_table,
            a_patch_changes_what_it_names,
            lists_of_tasks,
            start_up_sees_what_is_unfinished,
            an_inbox,
            a_queue_has_an_order,
            a_session_has_a_name_settings_and_a_change,
            templates_and_named_instances,
            questions,
            credentials,
            the_ledger,
            idempotency_and_settings,
            uploads_and_workspaces_expire,
            output_is_trimmed_without_a_hole,
            purge_leaves_nothing,
            messages_wait_and_are_sent_once,
            messages_are_bounded_and_go_with_their_session,
            webhooks_are_kept,
            the_outbox_has_what_somebody_hears,
            deliveries_stand_in_queues,
            a_purge_takes_a_sessions_webhooks,
            closed_is_closed,
        );
    };
}
pub(crate) use conformance_suite;
