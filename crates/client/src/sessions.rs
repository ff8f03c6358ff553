//! Sessions: the routes of seed 003, which calls a session an agent in its paths.

use lia_protocol::sessions::{
    AgentTemplate, CreateSessionBody, OkResponse, PermissionResponseBody, PromptBody, PromptMode,
    PromptQueueState, PromptResponse, QueueClearedResponse, QueueOrderBody, QueuedPromptResponse,
    RegisterAgentTemplateBody, RuntimeInfo, RuntimeInstance, Session, SessionProgress, SessionSettings,
    SessionsHealth, StartRuntimeBody, UpdateAgentTemplateBody,
};
use reqwest::{Method, RequestBuilder, StatusCode, Url};

use crate::{Client, Error};

/// How a prompt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompted {
    /// Its turn has ended so.
    Ended(PromptResponse),
    /// It waits.
    Queued(QueuedPromptResponse),
}

impl Client {
    fn agents(&self, rest: &[&str]) -> Url {
        self.url(["api", "agents"].iter().chain(rest))
    }

    /// Starts a session; returns when its agent is there.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn create_session(&self, body: &CreateSessionBody) -> Result<Session, Error> {
        self.post("session", self.agents(&[]), body).await
    }

    /// Sessions, the last changed first.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn sessions(&self) -> Result<Vec<Session>, Error> {
        self.get("list of sessions", self.agents(&[])).await
    }

    /// One session with its log.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn session(&self, id: &str) -> Result<Session, Error> {
        self.get("session", self.agents(&[id])).await
    }

    /// One session with its log and, when they can be read, the files of its workspace.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn session_with_files(&self, id: &str, show_all: bool) -> Result<Session, Error> {
        let mut url = self.agents(&[id]);
        url.query_pairs_mut()
            .append_pair("includeFileSystem", "true")
            .append_pair("showAllFiles", if show_all { "true" } else { "false" });
        self.get("session", url).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn end_session(&self, id: &str) -> Result<OkResponse, Error> {
        self.json("answer", self.request(Method::DELETE, self.agents(&[id]))).await
    }

    /// Prompts, and waits for the turn's end unless it is queued.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn prompt(&self, id: &str, text: &str, mode: Option<PromptMode>) -> Result<Prompted, Error> {
        let body = PromptBody { text: text.to_owned(), mode };
        self.prompted(self.streaming(Method::POST, self.agents(&[id, "prompts"])).json(&body)).await
    }

    /// The answer to what became a prompt.
    pub(crate) async fn prompted(&self, request: RequestBuilder) -> Result<Prompted, Error> {
        let response = self.send(request).await?;
        let queued = response.status() == StatusCode::ACCEPTED;
        let body = self.body(response, 1 << 20).await?;
        let wrong = Error::protocol("answer to a prompt");
        if queued {
            serde_json::from_slice(&body).map(Prompted::Queued).map_err(wrong)
        } else {
            serde_json::from_slice(&body).map(Prompted::Ended).map_err(wrong)
        }
    }

    /// Stops the running turn.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn cancel_turn(&self, id: &str) -> Result<OkResponse, Error> {
        self.json("answer", self.request(Method::POST, self.agents(&[id, "cancel"]))).await
    }

    /// Answers a question.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn answer_permission(
        &self,
        id: &str,
        request: &str,
        answer: &PermissionResponseBody,
    ) -> Result<OkResponse, Error> {
        self.post("answer", self.agents(&[id, "permissions", request]), answer).await
    }

    /// Whether a session works, and whether it waits for a person.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn session_progress(&self, id: &str) -> Result<SessionProgress, Error> {
        self.get("status", self.agents(&[id, "status"])).await
    }

    /// What is decided about a session, or about all without an id.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn session_settings(&self, id: Option<&str>) -> Result<SessionSettings, Error> {
        self.get("settings", self.settings_url(id)).await
    }

    /// Decides it.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn set_session_settings(
        &self,
        id: Option<&str>,
        settings: &SessionSettings,
    ) -> Result<SessionSettings, Error> {
        self.json("settings", self.request(Method::PATCH, self.settings_url(id)).json(settings)).await
    }

    fn settings_url(&self, id: Option<&str>) -> Url {
        id.map_or_else(|| self.url(["api", "settings"]), |id| self.agents(&[id, "settings"]))
    }

    /// Prompts that wait.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn prompt_queue(&self, id: &str) -> Result<PromptQueueState, Error> {
        self.get("queue", self.agents(&[id, "queue"])).await
    }

    /// Puts them into another order.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn reorder_queue(&self, id: &str, order: Vec<String>) -> Result<OkResponse, Error> {
        let body = QueueOrderBody { order };
        self.json("answer", self.request(Method::PUT, self.agents(&[id, "queue"])).json(&body)).await
    }

    /// Takes them all back.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn clear_queue(&self, id: &str) -> Result<QueueClearedResponse, Error> {
        self.json("answer", self.request(Method::DELETE, self.agents(&[id, "queue"]))).await
    }

    /// Takes one back.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn remove_queued(&self, id: &str, queue_id: &str) -> Result<OkResponse, Error> {
        self.json("answer", self.request(Method::DELETE, self.agents(&[id, "queue", queue_id]))).await
    }

    /// Holds waiting prompts back.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn pause_queue(&self, id: &str) -> Result<OkResponse, Error> {
        self.json("answer", self.request(Method::POST, self.agents(&[id, "queue", "pause"]))).await
    }

    /// Lets them go on.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn resume_queue(&self, id: &str) -> Result<OkResponse, Error> {
        self.json("answer", self.request(Method::POST, self.agents(&[id, "queue", "resume"]))).await
    }

    /// Whether the server answers, and how many sessions the caller has.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn sessions_health(&self) -> Result<SessionsHealth, Error> {
        self.get("health", self.url(["api", "health"])).await
    }

    /// Agent templates, those that come with the server first.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn agent_templates(&self) -> Result<Vec<AgentTemplate>, Error> {
        self.get("list of templates", self.url(["api", "agent-templates"])).await
    }

    /// Registers an agent template.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn register_template(&self, body: &RegisterAgentTemplateBody) -> Result<AgentTemplate, Error> {
        self.post("template", self.url(["api", "agent-templates"]), body).await
    }

    /// Changes an agent template; what is absent stays.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn update_template(
        &self,
        id: &str,
        body: &UpdateAgentTemplateBody,
    ) -> Result<AgentTemplate, Error> {
        let url = self.url(["api", "agent-templates", id]);
        self.json("template", self.request(Method::PUT, url).json(body)).await
    }

    /// Forgets an agent template.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn remove_template(&self, id: &str) -> Result<OkResponse, Error> {
        self.json("answer", self.request(Method::DELETE, self.url(["api", "agent-templates", id]))).await
    }

    /// Runtimes and the caller's named instances.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn named_instances(&self) -> Result<Vec<RuntimeInfo>, Error> {
        self.get("list of runtimes", self.url(["api", "runtimes"])).await
    }

    /// Starts an instance of a runtime.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn start_instance(&self, runtime: &str, name: Option<&str>) -> Result<RuntimeInstance, Error> {
        let body = StartRuntimeBody { name: name.map(str::to_owned) };
        self.post("instance", self.url(["api", "runtimes", runtime, "start"]), &body).await
    }

    /// `stop`, `pause` or `resume` of an instance.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn steer_instance(&self, name: &str, verb: &str) -> Result<OkResponse, Error> {
        self.json("answer", self.request(Method::POST, self.url(["api", "runtimes", name, verb]))).await
    }

    /// Ends an instance's sessions and removes their files.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn remove_instance(&self, name: &str) -> Result<OkResponse, Error> {
        self.json("answer", self.request(Method::DELETE, self.url(["api", "runtimes", name]))).await
    }
}
