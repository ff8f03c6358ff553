//! Tasks: create, list, steer, talk to, and read what they wrote.

use lia_protocol::{
    api::{AnswerRequest, InputRequest, InputResponse, PermissionInfo, QueuedPrompt},
    event::PermissionAnswered,
    ids::{CommandId, PermissionId, Seq, TaskId, UserId},
    limits,
    task::{CreateTaskRequest, TaskListResponse, TaskResponse, TaskStatus},
    wire::optional::Nullable,
    ws::WsMessage,
};
use reqwest::{Method, Url};

use crate::{Client, Error};

/// Which tasks to list.
#[derive(Clone, Debug, Default)]
pub struct TaskQuery {
    /// Of this user (administrators see everybody's).
    pub user_id: Option<UserId>,
    /// Asked for in this guild.
    pub guild_id: Option<String>,
    /// In this state.
    pub status: Option<TaskStatus>,
    /// Whose id begins with these hex digits.
    pub prefix: Option<String>,
    /// From 1; the first when absent.
    pub page: Option<u32>,
    /// 1 to 100; the server's default when absent.
    pub per_page: Option<u32>,
}

/// A page of a task's output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputPage {
    /// `output` messages, each with its `seq`.
    pub messages: Vec<WsMessage>,
    /// The `from` of the next page; `None` when the server did not say.
    pub next_from: Option<Seq>,
}

impl Client {
    pub(crate) fn task_url(&self, id: TaskId, rest: &[&str]) -> Url {
        let mut path = vec!["tasks".to_owned(), id.to_string()];
        path.extend(rest.iter().map(|s| (*s).to_owned()));
        self.api(path)
    }

    /// `POST /api/v1/tasks`. With an `idempotency_key` a repeat answers with the task of the first.
    ///
    /// # Errors
    /// BAD_REQUEST with the issues in `details`; FORBIDDEN for another's `user_id`; UNAVAILABLE.
    pub async fn create_task(
        &self,
        task: &CreateTaskRequest,
        idempotency_key: Option<&str>,
    ) -> Result<TaskResponse, Error> {
        let mut request = self.request(Method::POST, self.api(["tasks"])).json(task);
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.json("task", request).await
    }

    /// `GET /api/v1/tasks`: newest first.
    ///
    /// # Errors
    /// BAD_REQUEST when the page or the prefix is out of bounds.
    pub async fn tasks(&self, query: &TaskQuery) -> Result<TaskListResponse, Error> {
        let mut url = self.api(["tasks"]);
        {
            let mut q = url.query_pairs_mut();
            let page = query.page.map(|n| n.to_string());
            let per_page = query.per_page.map(|n| n.to_string());
            let pairs = [
                ("user_id", query.user_id.as_ref().map(UserId::as_str)),
                ("guild_id", query.guild_id.as_deref()),
                ("status", query.status.map(TaskStatus::as_str)),
                ("prefix", query.prefix.as_deref()),
                ("page", page.as_deref()),
                ("per_page", per_page.as_deref()),
            ];
            q.extend_pairs(pairs.into_iter().filter_map(|(k, v)| v.map(|v| (k, v))));
        }
        self.get("list of tasks", url).await
    }

    /// `GET /api/v1/tasks/{id}`.
    ///
    /// # Errors
    /// TASK_NOT_FOUND, also for another owner's task.
    pub async fn task(&self, id: TaskId) -> Result<TaskResponse, Error> {
        self.get("task", self.task_url(id, &[])).await
    }

    /// `DELETE /api/v1/tasks/{id}`: ends it and removes its instance and files; with `purge` its record and log too.
    /// Repeating it is harmless.
    ///
    /// # Errors
    /// TASK_NOT_FOUND.
    pub async fn delete_task(&self, id: TaskId, purge: bool) -> Result<(), Error> {
        let mut url = self.task_url(id, &[]);
        if purge {
            url.set_query(Some("purge=true"));
        }
        self.done(self.request(Method::DELETE, url)).await
    }

    /// `POST /api/v1/tasks/{id}/suspend`.
    ///
    /// # Errors
    /// INVALID_STATE when it does not run.
    pub async fn suspend(&self, id: TaskId) -> Result<TaskResponse, Error> {
        self.json("task", self.request(Method::POST, self.task_url(id, &["suspend"]))).await
    }

    /// `POST /api/v1/tasks/{id}/resume`.
    ///
    /// # Errors
    /// INVALID_STATE when it is not suspended.
    pub async fn resume(&self, id: TaskId) -> Result<TaskResponse, Error> {
        self.json("task", self.request(Method::POST, self.task_url(id, &["resume"]))).await
    }

    /// `POST /api/v1/tasks/{id}/input`: bytes for a terminal, one prompt for an ACP agent. The `id` makes a repeat
    /// harmless: make it once, and send it again as long as no answer came.
    ///
    /// # Errors
    /// QUEUE_FULL; INVALID_STATE when the task has ended.
    pub async fn input(
        &self,
        task: TaskId,
        id: CommandId,
        data: impl Into<String>,
    ) -> Result<InputResponse, Error> {
        let body = InputRequest { data: data.into(), id: Some(id) };
        self.post("answer to an input", self.task_url(task, &["input"]), &body).await
    }

    /// `POST /api/v1/tasks/{id}/cancel`: stops the running turn.
    ///
    /// # Errors
    /// INVALID_STATE when the task has ended.
    pub async fn cancel(&self, id: TaskId) -> Result<InputResponse, Error> {
        self.json("answer to a cancel", self.request(Method::POST, self.task_url(id, &["cancel"]))).await
    }

    /// `GET /api/v1/tasks/{id}/queue`: prompts that wait.
    ///
    /// # Errors
    /// TASK_NOT_FOUND.
    pub async fn queue(&self, id: TaskId) -> Result<Vec<QueuedPrompt>, Error> {
        self.get("queue", self.task_url(id, &["queue"])).await
    }

    /// `DELETE /api/v1/tasks/{id}/queue/{command}`: takes a waiting prompt back.
    ///
    /// # Errors
    /// NOT_FOUND, or INVALID_STATE when it has been delivered.
    pub async fn withdraw(&self, id: TaskId, command: CommandId) -> Result<(), Error> {
        let url = self.task_url(id, &["queue", &command.to_string()]);
        self.done(self.request(Method::DELETE, url)).await
    }

    /// `GET /api/v1/tasks/{id}/permissions`: the open questions.
    ///
    /// # Errors
    /// TASK_NOT_FOUND.
    pub async fn permissions(&self, id: TaskId) -> Result<Vec<PermissionInfo>, Error> {
        self.get("list of permissions", self.task_url(id, &["permissions"])).await
    }

    /// `POST /api/v1/tasks/{id}/permissions/{permission}`: answers a question; no option means "cancelled".
    ///
    /// # Errors
    /// NOT_FOUND; INVALID_STATE when somebody answered before; BAD_REQUEST for an option that was not offered.
    pub async fn answer(
        &self,
        id: TaskId,
        permission: PermissionId,
        option_id: Option<String>,
    ) -> Result<PermissionAnswered, Error> {
        let url = self.task_url(id, &["permissions", &permission.to_string()]);
        self.post("answer to a permission", url, &AnswerRequest { option_id: option_id.map(Nullable::from) })
            .await
    }

    /// `GET /api/v1/tasks/{id}/output`: what came after `from`, at most `limit` messages.
    ///
    /// # Errors
    /// TASK_NOT_FOUND.
    pub async fn output(&self, id: TaskId, from: Seq, limit: usize) -> Result<OutputPage, Error> {
        let mut url = self.task_url(id, &["output"]);
        let limit = limit.clamp(1, limits::PAGE_EVENTS).to_string();
        url.query_pairs_mut().append_pair("from", &from.to_string()).append_pair("limit", &limit);
        let response = self.send(self.request(Method::GET, url)).await?;
        let header = response
            .headers()
            .get("lia-next-from")
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.parse().ok());
        let body = self.body(response, 64 << 20).await?;
        Ok(OutputPage {
            messages: serde_json::from_slice(&body).map_err(Error::protocol("output"))?,
            next_from: header.map(Seq),
        })
    }

    /// `POST /api/v1/tasks/{id}/resize`: the terminal's size.
    ///
    /// # Errors
    /// INVALID_STATE when the task has no terminal.
    pub async fn resize(&self, id: TaskId, cols: u16, rows: u16) -> Result<(), Error> {
        let body = serde_json::json!({"cols": cols, "rows": rows});
        self.done(self.request(Method::POST, self.task_url(id, &["resize"])).json(&body)).await
    }
}
