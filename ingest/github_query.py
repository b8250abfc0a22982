"""The one GraphQL query, and what it leaves out of a pull request that is larger than its limits.

A call for 25 pull requests asks for 6,201 connections and at most 87,000 nodes: 62 points of the
5,000 an hour GitHub grants (points = connections / 100; a call may ask for 500,000 nodes, `first`
may be 1 to 100). So 200 pull requests take 8 calls, where REST would take 1,400. Source: GitHub's
"Rate limits and node limits for the GraphQL API".
"""

from collections.abc import Mapping
from typing import Any

PAGE = 25
"""Pull requests per call to begin with; halved when GitHub does not answer in time."""

LIMITS: Mapping[str, int] = {
    "labels": 20,
    "files": 100,
    "commits": 30,
    "checkSuites": 6,
    "checkRuns": 15,
    "reviews": 30,
    "reviewThreads": 30,
    "threadComments": 10,
    "comments": 30,
    "timelineItems": 50,
    "closingIssuesReferences": 10,
}

_EVENTS = (
    "READY_FOR_REVIEW",
    "CONVERT_TO_DRAFT",
    "CLOSED",
    "REOPENED",
    "MERGED",
    "HEAD_REF_FORCE_PUSHED",
    "REVIEW_DISMISSED",
)
_ACTOR = "{ __typename login }"
_PAGE = "pageInfo { hasNextPage }"


def _event(name: str) -> str:
    type_ = "".join(word.capitalize() for word in name.split("_")) + "Event"
    after = " afterCommit { oid }" if name == "HEAD_REF_FORCE_PUSHED" else ""
    return f"... on {type_} {{ id createdAt actor {_ACTOR}{after} }}"


_CHECKS = f"""
checkSuites(first: {LIMITS["checkSuites"]}) {{
  {_PAGE}
  nodes {{
    app {{ slug }}
    conclusion
    workflowRun {{ databaseId event runNumber workflow {{ name }} }}
    checkRuns(first: {LIMITS["checkRuns"]}, filterBy: {{checkType: ALL}}) {{
      {_PAGE}
      nodes {{ databaseId name status conclusion startedAt completedAt title summary }}
    }}
  }}
}}
status {{ contexts {{ id context state description createdAt }} }}
"""

_PULL = f"""
id number title body state isDraft isCrossRepository
createdAt updatedAt closedAt mergedAt
headRefName headRefOid baseRefName
additions deletions changedFiles authorAssociation
mergeCommit {{ oid }}
author {_ACTOR}
mergedBy {_ACTOR}
headRepository {{ nameWithOwner }}
repository {{
  id nameWithOwner isPrivate stargazerCount primaryLanguage {{ name }} defaultBranchRef {{ name }}
}}
labels(first: {LIMITS["labels"]}) {{ {_PAGE} nodes {{ name }} }}
files(first: {LIMITS["files"]}) {{ {_PAGE} nodes {{ path additions deletions changeType }} }}
commits(first: {LIMITS["commits"]}) {{
  {_PAGE}
  nodes {{
    commit {{
      oid message authoredDate committedDate
      author {{ name email user {{ login }} }}
      committer {{ name email user {{ login }} }}
      {_CHECKS}
    }}
  }}
}}
reviews(first: {LIMITS["reviews"]}) {{
  {_PAGE}
  nodes {{ id state body submittedAt author {_ACTOR} authorAssociation }}
}}
reviewThreads(first: {LIMITS["reviewThreads"]}) {{
  {_PAGE}
  nodes {{
    id isResolved
    comments(first: {LIMITS["threadComments"]}) {{
      {_PAGE}
      nodes {{
        id body path line diffHunk createdAt author {_ACTOR} authorAssociation
        pullRequestReview {{ id }}
      }}
    }}
  }}
}}
comments(first: {LIMITS["comments"]}) {{
  {_PAGE}
  nodes {{ id body createdAt author {_ACTOR} authorAssociation }}
}}
timelineItems(
  first: {LIMITS["timelineItems"]}, itemTypes: [{", ".join(f"{e}_EVENT" for e in _EVENTS)}]
) {{
  {_PAGE}
  nodes {{ __typename {" ".join(map(_event, _EVENTS))} }}
}}
closingIssuesReferences(first: {LIMITS["closingIssuesReferences"]}) {{
  {_PAGE}
  nodes {{ number repository {{ nameWithOwner }} }}
}}
"""

PULL_REQUESTS = f"""
query PullRequests($owner: String!, $name: String!, $page: Int!, $after: String) {{
  rateLimit {{ cost remaining resetAt }}
  repository(owner: $owner, name: $name) {{
    pullRequests(
      first: $page, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}
    ) {{
      totalCount
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ {_PULL} }}
    }}
  }}
}}
"""


def cut_lists(pull: Mapping[str, Any]) -> set[str]:
    """The nested lists of a pull request that had more than was asked for."""
    found = set()

    def look(node: object) -> None:
        if not isinstance(node, Mapping):
            return
        for name, value in node.items():
            if isinstance(value, Mapping):
                if (value.get("pageInfo") or {}).get("hasNextPage"):
                    inside = name == "comments" and "isResolved" in node
                    found.add("threadComments" if inside else name)
                for inner in value.get("nodes") or []:
                    look(inner)
                look(value)

    look(pull)
    return found
