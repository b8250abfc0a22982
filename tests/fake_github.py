"""A GitHub on the loopback that answers real GraphQL: it runs the query against a schema.

The schema is a small excerpt of GitHub's public one, written by hand: the types and arguments that
Ruleloop asks for and nothing else, so a misspelt field fails here as it would there. State can
change between two pages, and faults can be queued.
Source: docs.github.com/graphql/overview/public-schema
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from graphql import (
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    get_named_type,
    graphql_sync,
)

SCHEMA = """
scalar DateTime
scalar GitObjectID
scalar BigInt
type Query { rateLimit: RateLimit repository(owner: String!, name: String!): Repository }
type RateLimit { cost: Int! remaining: Int! resetAt: DateTime! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
interface Actor { login: String! }
type User implements Actor { login: String! }
type Bot implements Actor { login: String! }
type Mannequin implements Actor { login: String! }
type Language { name: String! }
type Ref { name: String! }
type Repository {
  id: ID! nameWithOwner: String! isPrivate: Boolean! stargazerCount: Int!
  primaryLanguage: Language defaultBranchRef: Ref
  pullRequests(first: Int, after: String, orderBy: IssueOrder): PullRequestConnection!
}
input IssueOrder { field: IssueOrderField! direction: OrderDirection! }
enum IssueOrderField { CREATED_AT UPDATED_AT COMMENTS }
enum OrderDirection { ASC DESC }
enum PullRequestState { OPEN CLOSED MERGED }
enum CommentAuthorAssociation { OWNER MEMBER COLLABORATOR CONTRIBUTOR FIRST_TIME_CONTRIBUTOR NONE }
type PullRequestConnection { totalCount: Int! pageInfo: PageInfo! nodes: [PullRequest] }
type PullRequest {
  id: ID! number: Int! title: String! body: String! state: PullRequestState!
  isDraft: Boolean! isCrossRepository: Boolean!
  createdAt: DateTime! updatedAt: DateTime! closedAt: DateTime mergedAt: DateTime
  headRefName: String! headRefOid: GitObjectID! baseRefName: String!
  additions: Int! deletions: Int! changedFiles: Int!
  authorAssociation: CommentAuthorAssociation!
  mergeCommit: Commit author: Actor mergedBy: Actor headRepository: Repository
  repository: Repository!
  labels(first: Int): LabelConnection
  files(first: Int): PullRequestChangedFileConnection
  commits(first: Int): PullRequestCommitConnection!
  reviews(first: Int): PullRequestReviewConnection
  reviewThreads(first: Int): PullRequestReviewThreadConnection!
  comments(first: Int): IssueCommentConnection!
  timelineItems(
    first: Int, itemTypes: [PullRequestTimelineItemsItemType!]
  ): PullRequestTimelineItemsConnection!
  closingIssuesReferences(first: Int): IssueConnection
}
type Label { name: String! }
type LabelConnection { pageInfo: PageInfo! nodes: [Label] }
enum PatchStatus { ADDED CHANGED COPIED DELETED MODIFIED RENAMED }
type PullRequestChangedFile {
  path: String! additions: Int! deletions: Int! changeType: PatchStatus!
}
type PullRequestChangedFileConnection { pageInfo: PageInfo! nodes: [PullRequestChangedFile] }
type PullRequestCommit { commit: Commit! }
type PullRequestCommitConnection { pageInfo: PageInfo! nodes: [PullRequestCommit] }
type GitActor { name: String email: String user: User }
type Commit {
  oid: GitObjectID! message: String! authoredDate: DateTime! committedDate: DateTime!
  author: GitActor committer: GitActor
  checkSuites(first: Int): CheckSuiteConnection
  status: Status
}
type Status { contexts: [StatusContext!]! }
enum StatusState { ERROR EXPECTED FAILURE PENDING SUCCESS }
type StatusContext {
  id: ID! context: String! state: StatusState! description: String createdAt: DateTime!
}
type App { slug: String! }
enum CheckStatusState { COMPLETED IN_PROGRESS QUEUED }
enum CheckConclusionState {
  ACTION_REQUIRED CANCELLED FAILURE NEUTRAL SKIPPED STARTUP_FAILURE SUCCESS TIMED_OUT
}
type CheckSuite {
  app: App conclusion: CheckConclusionState workflowRun: WorkflowRun
  checkRuns(first: Int, filterBy: CheckRunFilter): CheckRunConnection
}
type CheckSuiteConnection { pageInfo: PageInfo! nodes: [CheckSuite] }
input CheckRunFilter { checkType: CheckRunType }
enum CheckRunType { ALL LATEST }
type CheckRun {
  databaseId: BigInt name: String! status: CheckStatusState! conclusion: CheckConclusionState
  startedAt: DateTime completedAt: DateTime title: String summary: String
}
type CheckRunConnection { pageInfo: PageInfo! nodes: [CheckRun] }
type Workflow { name: String! }
type WorkflowRun { databaseId: Int event: String! runNumber: Int! workflow: Workflow! }
enum PullRequestReviewState { APPROVED CHANGES_REQUESTED COMMENTED DISMISSED PENDING }
type PullRequestReview {
  id: ID! state: PullRequestReviewState! body: String! submittedAt: DateTime author: Actor
  authorAssociation: CommentAuthorAssociation!
}
type PullRequestReviewConnection { pageInfo: PageInfo! nodes: [PullRequestReview] }
type PullRequestReviewThread {
  id: ID! isResolved: Boolean! comments(first: Int): PullRequestReviewCommentConnection!
}
type PullRequestReviewThreadConnection { pageInfo: PageInfo! nodes: [PullRequestReviewThread] }
type PullRequestReviewComment {
  id: ID! body: String! path: String! line: Int diffHunk: String! createdAt: DateTime!
  author: Actor authorAssociation: CommentAuthorAssociation! pullRequestReview: PullRequestReview
}
type PullRequestReviewCommentConnection { pageInfo: PageInfo! nodes: [PullRequestReviewComment] }
type IssueComment {
  id: ID! body: String! createdAt: DateTime! author: Actor
  authorAssociation: CommentAuthorAssociation!
}
type IssueCommentConnection { pageInfo: PageInfo! nodes: [IssueComment] }
enum PullRequestTimelineItemsItemType {
  READY_FOR_REVIEW_EVENT CONVERT_TO_DRAFT_EVENT CLOSED_EVENT REOPENED_EVENT MERGED_EVENT
  HEAD_REF_FORCE_PUSHED_EVENT REVIEW_DISMISSED_EVENT
}
type ReadyForReviewEvent { id: ID! createdAt: DateTime! actor: Actor }
type ConvertToDraftEvent { id: ID! createdAt: DateTime! actor: Actor }
type ClosedEvent { id: ID! createdAt: DateTime! actor: Actor }
type ReopenedEvent { id: ID! createdAt: DateTime! actor: Actor }
type MergedEvent { id: ID! createdAt: DateTime! actor: Actor }
type HeadRefForcePushedEvent { id: ID! createdAt: DateTime! actor: Actor afterCommit: Commit }
type ReviewDismissedEvent { id: ID! createdAt: DateTime! actor: Actor }
union PullRequestTimelineItems =
    ReadyForReviewEvent | ConvertToDraftEvent | ClosedEvent | ReopenedEvent | MergedEvent
  | HeadRefForcePushedEvent | ReviewDismissedEvent
type PullRequestTimelineItemsConnection {
  pageInfo: PageInfo! nodes: [PullRequestTimelineItems]
}
type Issue { number: Int! repository: Repository! }
type IssueConnection { pageInfo: PageInfo! nodes: [Issue] }
"""

Node = dict[str, Any]
TOKEN = "a-token-for-the-loopback"
MAX_FIRST = 100


def schema() -> GraphQLSchema:
    """The excerpt, with enums that stand for themselves."""
    return build_schema(SCHEMA)


def a_user(login: str = "alice") -> Node:
    """A person."""
    return {"__typename": "User", "login": login}


def a_bot(login: str) -> Node:
    """An app, which GraphQL names without [bot]."""
    return {"__typename": "Bot", "login": login}


def a_pull(number: int, repo: str = "acme/shop", **changes: Any) -> Node:
    """A merged pull request of an app with one of everything; lists are plain, not connections."""
    sha = f"{number:040x}"
    at = f"2025-01-{1 + number % 28:02d}T%02d:00:00Z"
    repository = {
        "id": "R_1",
        "nameWithOwner": repo,
        "isPrivate": False,
        "stargazerCount": 7,
        "primaryLanguage": {"name": "Python"},
        "defaultBranchRef": {"name": "main"},
    }
    person = {"name": "Ann", "email": "ann@example.org", "user": {"login": "ann"}}
    run = {
        "databaseId": number * 10,
        "name": "tests",
        "status": "COMPLETED",
        "conclusion": "FAILURE",
        "startedAt": at % 1,
        "completedAt": at % 2,
        "title": "2 failed",
        "summary": None,
    }
    workflow = {
        "databaseId": number,
        "event": "pull_request",
        "runNumber": 1,
        "workflow": {"name": "CI"},
    }
    suite = {
        "app": {"slug": "github-actions"},
        "conclusion": "FAILURE",
        "workflowRun": workflow,
        "checkRuns": [run],
    }
    commit = {
        "oid": sha,
        "message": "feat: a basket",
        "authoredDate": at % 0,
        "committedDate": at % 0,
        "author": person,
        "committer": person,
        "checkSuites": [suite],
        "status": None,
    }
    review = {
        "id": f"REV_{number}",
        "state": "APPROVED",
        "body": "",
        "submittedAt": at % 3,
        "author": a_user("bob"),
        "authorAssociation": "MEMBER",
    }
    remark = {
        "id": f"RC_{number}",
        "body": "Use the logger",
        "path": "shop.py",
        "line": 3,
        "diffHunk": "@@ -1 +1 @@",
        "createdAt": at % 3,
        "author": a_user("bob"),
        "authorAssociation": "MEMBER",
        "pullRequestReview": review,
    }
    return {
        "id": f"PR_{number}",
        "number": number,
        "title": f"feat: basket {number}",
        "body": "Adds a basket",
        "state": "MERGED",
        "isDraft": False,
        "isCrossRepository": False,
        "createdAt": at % 0,
        "updatedAt": f"2025-02-01T{number // 60:02d}:{number % 60:02d}:00Z",
        "closedAt": at % 4,
        "mergedAt": at % 4,
        "headRefName": "copilot/basket",
        "headRefOid": sha,
        "baseRefName": "main",
        "additions": 8,
        "deletions": 2,
        "changedFiles": 1,
        "authorAssociation": "CONTRIBUTOR",
        "mergeCommit": commit,
        "author": a_bot("copilot-swe-agent"),
        "mergedBy": a_user("bob"),
        "headRepository": repository,
        "repository": repository,
        "labels": [{"name": "shop"}],
        "files": [{"path": "shop.py", "additions": 8, "deletions": 2, "changeType": "MODIFIED"}],
        "commits": [{"commit": commit}],
        "reviews": [review],
        "reviewThreads": [{"id": f"T_{number}", "isResolved": True, "comments": [remark]}],
        "comments": [],
        "timelineItems": [],
        "closingIssuesReferences": [{"number": 4, "repository": repository}],
    } | changes


@dataclass(frozen=True, slots=True)
class Fault:
    """What one call is answered with instead of data."""

    status: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


RATE_LIMITED = Fault(
    body={"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}]}
)
TIMED_OUT = Fault(
    body={
        "data": None,
        "errors": [
            {"message": "Something went wrong while executing your query. It may be a timeout."}
        ],
    }
)


@dataclass
class FakeGitHub:
    """A server with one repository; use it as a context manager."""

    pulls: list[Node] = field(default_factory=list)
    repo: str = "acme/shop"
    faults: list[Fault | None] = field(default_factory=list)
    """Taken one per call; None answers as usual."""
    largest_page: int = MAX_FIRST
    """A larger one is answered with 502, as GitHub does when a query takes too long."""
    errors: list[Node] = field(default_factory=list)
    """Errors that come beside the data of every call."""
    between: Callable[["FakeGitHub"], None] = lambda _: None
    """Called after every answer: the world does not wait for a pass to end."""
    calls: list[Node] = field(default_factory=list)
    """The variables of every call."""

    def __enter__(self) -> "FakeGitHub":
        self._schema = schema()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                fake._serve(self)

            def log_message(self, *args: object) -> None:
                """Nothing on stderr."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What `base_url` is set to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers["Content-Length"]))
        asked = json.loads(raw)
        self.calls.append(asked["variables"])
        fault = self.faults.pop(0) if self.faults else None
        if request.path != "/graphql":
            fault = Fault(404, {"message": "Not Found"})
        elif TOKEN not in request.headers.get("Authorization", ""):
            fault = Fault(401, {"message": "Bad credentials"})
        elif fault is None and asked["variables"]["page"] > self.largest_page:
            fault = Fault(502, {"message": "Server Error"})
        answer = fault or Fault(body=self._answer(asked))
        body = json.dumps(answer.body).encode()
        request.send_response(answer.status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
        self.between(self)

    def _answer(self, asked: Node) -> Node:
        done = graphql_sync(
            self._schema,
            asked["query"],
            root_value={
                "rateLimit": {"cost": 62, "remaining": 4938, "resetAt": "2025-02-01T00:00:00Z"}
            },
            variable_values=asked["variables"],
            field_resolver=self._resolve,
            type_resolver=lambda value, *_: value["__typename"],
        )
        answer: Node = {"data": done.data}
        errors: list[Node] = [{"message": error.message} for error in done.errors or []]
        errors += self.errors
        repository = (done.data or {}).get("repository")
        if not errors and repository is None:
            name = asked["variables"]["name"]
            message = f"Could not resolve to a Repository with the name {name!r}."
            errors = [{"type": "NOT_FOUND", "path": ["repository"], "message": message}]
        return answer | ({"errors": errors} if errors else {})

    def _resolve(self, source: Node, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        name = info.field_name
        if name == "repository" and info.parent_type.name == "Query":
            there = f"{arguments['owner']}/{arguments['name']}" == self.repo
            return {"id": "R_1", "nameWithOwner": self.repo} if there else None
        if name == "pullRequests":
            newest = sorted(self.pulls, key=lambda p: (p["updatedAt"], p["number"]), reverse=True)
            return _connection(newest, arguments)
        value = source.get(name)
        if get_named_type(info.return_type).name.endswith("Connection") and value is not None:
            return _connection(value, arguments)
        return value


def _connection(items: list[Node], arguments: Node) -> Node:
    """A page of a list; the cursor is a place, so rows move past it as they do on the real one."""
    first = arguments["first"]
    assert 1 <= first <= MAX_FIRST, "GitHub answers `first` between 1 and 100"
    start = int(arguments.get("after") or 0)
    end = start + first
    page = {"hasNextPage": end < len(items), "endCursor": str(end)}
    return {"totalCount": len(items), "pageInfo": page, "nodes": items[start:end]}
