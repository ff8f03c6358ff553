//! A task's record as a session. Pure; one table says what becomes of each state.

use lia_protocol::{
    sessions::{
        AgentSpawn, InstanceStatus, PendingPermission, PendingPermissionOption, Session, SessionEndReason,
        SessionStatus,
    },
    task::TaskStatus,
};
use lia_store::{PermissionRecord, TaskRecord};

use crate::{
    engine::{Engine, sessions::WORKSPACE},
    views,
};

/// What a task's state is called here: the session's, and that of its sandbox, which may not be there yet.
#[must_use]
pub const fn states(status: TaskStatus) -> (SessionStatus, Option<InstanceStatus>) {
    match status {
        TaskStatus::Pending | TaskStatus::Starting => (SessionStatus::Active, None),
        TaskStatus::Running => (SessionStatus::Active, Some(InstanceStatus::Running)),
        TaskStatus::Suspended => (SessionStatus::Active, Some(InstanceStatus::Paused)),
        TaskStatus::Terminated => (SessionStatus::Killed, Some(InstanceStatus::Stopped)),
    }
}

/// Why a session ended: the log's reason words in the seed's.
#[must_use]
pub fn end_reason(t: &TaskRecord) -> Option<SessionEndReason> {
    if t.status != TaskStatus::Terminated {
        return None;
    }
    Some(match t.end_reason.as_deref() {
        Some(reason) => views::end_reason(reason),
        // It ended before reasons were kept.
        None if t.exit_code.is_some() => SessionEndReason::AgentExit,
        None if t.error.is_some() => SessionEndReason::Error,
        None => SessionEndReason::Terminated,
    })
}

/// A question.
#[must_use]
pub fn question(p: &PermissionRecord) -> PendingPermission {
    let option = |o: &lia_protocol::event::PermissionOption| PendingPermissionOption {
        option_id: o.option_id.clone(),
        name: o.name.clone(),
        kind: o.kind.clone(),
    };
    PendingPermission {
        request_id: p.id.to_string(),
        tool_call_id: p.request.tool_call_id.clone(),
        title: p.request.title.clone(),
        kind: p.request.tool_kind.clone(),
        options: p.request.options.iter().map(option).collect(),
    }
}

/// A session as a list shows it: without log, files and queue. `asked` are its open questions, the oldest first; `base` is
/// where the asker reaches the server by WebSocket.
#[must_use]
pub fn session(t: &TaskRecord, asked: &[PermissionRecord], base: &str) -> Session {
    let spec = Engine::spec_of(t);
    let (status, _) = states(t.status);
    let (agent_name, spawn, cwd) = match spec {
        Some(spec) => {
            let t = spec.template;
            (t.title, AgentSpawn { command: t.command, args: t.args }, spec.cwd)
        }
        None => (t.template.clone(), AgentSpawn { command: t.template.clone(), args: Vec::new() }, None),
    };
    let asked: Vec<_> = asked.iter().map(question).collect();
    Session {
        id: t.id.to_string(),
        agent_name,
        spawn,
        started_at: t.created_at,
        last_updated_at: t.changed_at,
        status,
        logs: Vec::new(),
        pending_permission: asked.first().cloned(),
        file_system: None,
        prompt_queue: None,
        websocket_url: Some(format!("{base}/ws/sessions/{}", t.id)),
        runtime: Some(t.instance_name.clone().unwrap_or_else(|| t.runtime.clone())),
        cwd: Some(cwd.unwrap_or_else(|| WORKSPACE.to_owned())),
        title: t.title.clone(),
        end_reason: end_reason(t),
        pending_permissions: (!asked.is_empty()).then_some(asked),
        logs_truncated: None,
    }
}

#[cfg(test)]
mod tests {
    use lia_protocol::{
        event::{PermissionOption, PermissionRequested},
        ids::{InstanceId, PermissionId, Seq, SessionId, TaskId},
        task::TaskConfig,
        time::Timestamp,
    };

    use super::*;

    fn record(status: TaskStatus) -> TaskRecord {
        TaskRecord {
            id: TaskId(uuid::Uuid::nil()),
            session: SessionId::new(),
            instance: InstanceId::new(),
            user: "ann".parse().unwrap(),
            guild: None,
            prompt: String::new(),
            status,
            config: TaskConfig::default(),
            template: "t".into(),
            runtime: "local".into(),
            source: None,
            spec: "{}".into(),
            instance_record: None,
            created_at: Timestamp(1),
            started_at: None,
            suspended_at: None,
            completed_at: None,
            ran_ms: 0,
            exit_code: None,
            error: None,
            stop_reason: None,
            cleanup: false,
            removed: false,
            title: None,
            instance_name: None,
            queue_paused: false,
            auto_approve: None,
            end_reason: None,
            changed_at: Timestamp(2),
            last_seq: Seq::ZERO,
            busy: false,
            queued: 0,
            pending_permissions: 0,
        }
    }

    #[test]
    fn the_table_of_states() {
        use InstanceStatus as I;
        use SessionEndReason as R;
        use SessionStatus as S;
        let ended = |reason: Option<&str>, code: Option<i32>, error: Option<&str>| TaskRecord {
            end_reason: reason.map(str::to_owned),
            exit_code: code,
            error: error.map(str::to_owned),
            ..record(TaskStatus::Terminated)
        };
        for (task, status, instance, reason) in [
            (record(TaskStatus::Pending), S::Active, None, None),
            (record(TaskStatus::Starting), S::Active, None, None),
            (record(TaskStatus::Running), S::Active, Some(I::Running), None),
            (record(TaskStatus::Suspended), S::Active, Some(I::Paused), None),
            (ended(Some("user"), None, None), S::Killed, Some(I::Stopped), Some(R::Terminated)),
            (ended(Some("deleted"), None, None), S::Killed, Some(I::Stopped), Some(R::Terminated)),
            (ended(Some("down"), Some(0), None), S::Killed, Some(I::Stopped), Some(R::Terminated)),
            (ended(Some("agent_exit"), Some(0), None), S::Killed, Some(I::Stopped), Some(R::AgentExit)),
            (ended(Some("agent_exit"), Some(3), Some("x")), S::Killed, Some(I::Stopped), Some(R::AgentExit)),
            (ended(Some("idle_timeout"), None, None), S::Killed, Some(I::Stopped), Some(R::IdleTimeout)),
            (ended(Some("timeout"), None, Some("x")), S::Killed, Some(I::Stopped), Some(R::Error)),
            (ended(Some("start_failed"), None, Some("x")), S::Killed, Some(I::Stopped), Some(R::Error)),
            (ended(Some("lost"), None, Some("x")), S::Killed, Some(I::Stopped), Some(R::Error)),
            (ended(None, Some(1), Some("x")), S::Killed, Some(I::Stopped), Some(R::AgentExit)),
            (ended(None, None, Some("x")), S::Killed, Some(I::Stopped), Some(R::Error)),
            (ended(None, None, None), S::Killed, Some(I::Stopped), Some(R::Terminated)),
        ] {
            assert_eq!(states(task.status), (status, instance), "{:?}", task.status);
            let shown = session(&task, &[], "ws://h");
            assert_eq!((shown.status, shown.end_reason), (status, reason), "{:?}", task.end_reason);
            assert_eq!(
                (shown.logs.len(), shown.pending_permission, shown.pending_permissions),
                (0, None, None)
            );
        }
    }

    #[test]
    fn the_oldest_question_is_the_one_and_all_are_the_rest() {
        let asked = |title: &str| PermissionRecord {
            id: PermissionId::new(),
            session: SessionId::new(),
            rpc_id: "1".into(),
            request: PermissionRequested {
                id: PermissionId::new(),
                tool_call_id: "c".into(),
                title: title.into(),
                tool_kind: None,
                options: vec![PermissionOption {
                    option_id: "y".into(),
                    name: "Yes".into(),
                    kind: "allow_once".into(),
                }],
            },
            requested_at: Timestamp(3),
            seq: Seq(1),
            answer: None,
            answered_by: None,
        };
        let shown = session(&record(TaskStatus::Running), &[asked("a"), asked("b")], "wss://h:1");
        let all = shown.pending_permissions.unwrap();
        assert_eq!(all.iter().map(|p| p.title.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(shown.pending_permission.as_ref(), all.first());
        assert_eq!(shown.runtime.as_deref(), Some("local"));
        assert_eq!(
            shown.websocket_url.as_deref(),
            Some("wss://h:1/ws/sessions/00000000-0000-0000-0000-000000000000")
        );
    }
}
