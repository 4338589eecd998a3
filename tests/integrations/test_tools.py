"""Exports as they come out of their tools: each is recognised, and its rows say what they should."""

import io
import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.matching import fold
from integrations.matching.guess import guess
from integrations.matching.plan import Plan
from integrations.matching.reader import Reader
from integrations.matching.survey import Survey
from integrations.reading import open_table

JIRA = """
Summary,Issue key,Issue id,Issue Type,Status,Project key,Project name,Priority,Resolution,Assignee,Reporter,Created,Updated,\
Resolved,Component/s,Component/s,Outward issue link (Duplicate),Comment,Comment,Status Category
Checkout is down,PAY-1,10001,Bug,Done,PAY,Payments,Highest,Done,Ann,Bob,15/Feb/24 7:15 PM,16/Feb/24 8:00 AM,\
16/Feb/24 8:00 AM,API,Web,,first,second,Done
Show a total,PAY-2,10002,Story,To Do,PAY,Payments,Low,,Ann,Bob,15/Feb/24 7:15 PM,15/Feb/24 7:15 PM,,,,,,,To Do
Totals are wrong,PAY-3,10003,Bug,Closed,PAY,Payments,High,Duplicate,Ann,Bob,16/Feb/24 7:15 PM,17/Feb/24 8:00 AM,\
17/Feb/24 8:00 AM,,,PAY-1,,,Done
"""
GERMAN = """
Zusammenfassung;Vorgangsschlüssel;Vorgangstyp;Status;Priorität;Lösung;Erstellt;Erledigt
Zahlung schlägt fehl;ZAH-1;Fehler;Fertig;Höchste;Fertig;2024-05-15 19:15;2024-05-16 08:00
Neue Seite;ZAH-2;Aufgabe;Zu erledigen;Mittel;;2024-05-15 19:15;
"""
BUGZILLA = """
Bug ID,Product,Component,Assignee,Status,Resolution,Summary,Changed
101,Mail,Compose,a@example.org,RESOLVED,FIXED,Drafts are lost,2024-03-02 10:00:00
102,Mail,Compose,a@example.org,NEW,---,Spelling is wrong,2024-03-03 10:00:00
"""
BUGZILLA_FIELDS = """
bug_id,product,component,bug_status,resolution,short_desc,opendate,cf_last_resolved,bug_severity,priority,dupe_of
201,Mail,Compose,RESOLVED,NOT_REPRODUCIBLE,Drafts are lost,2024-03-01 09:00:00,2024-03-02 10:00:00,critical,P1,
202,Mail,Compose,NEW,,Show a total,2024-03-01 09:00:00,,enhancement,--,
203,Mail,Compose,RESOLVED,DUPLICATE,Drafts vanish,2024-03-01 09:00:00,2024-03-02 10:00:00,normal,P3,201
"""
GITHUB_CSV = """
number,title,state,stateReason,labels,createdAt,closedAt,author
1,Checkout is down,CLOSED,COMPLETED,"bug, severity: 1",2024-03-01T09:00:00Z,2024-03-02T09:00:00Z,ann
2,Add a total,OPEN,,enhancement,2024-03-01T09:00:00Z,,ann
3,Totals are wrong,CLOSED,NOT_PLANNED,bug,2024-03-01T09:00:00Z,2024-03-05T09:00:00Z,bob
"""
GITLAB = """
Title,Description,Issue ID,URL,State,Author,Author Username,Assignee,Assignee Username,Confidential,Locked,Due Date,\
Created At (UTC),Updated At (UTC),Closed At (UTC),Milestone,Weight,Labels,Time Estimate,Time Spent
Checkout is down,It fails.,7,https://example.org/7,Closed,Ann,ann,,,No,No,,2024-03-01 09:00:00,2024-03-02 09:00:00,\
2024-03-02 09:00:00,,,"bug,severity::2,found::staging",0,0
Add a total,,8,https://example.org/8,Open,Ann,ann,,,No,No,,2024-03-01 09:00:00,2024-03-01 09:00:00,,,,type::feature,0,0
"""
AZURE = """
ID,Work Item Type,Title,Assigned To,State,Tags,Severity,Priority,Created Date,Resolved Date,Closed Date,Resolved Reason,\
Area Path,Iteration Path,Found In
31,Bug,Checkout is down,Ann <ann@example.org>,Closed,,1 - Critical,1,3/13/2024 9:15:00 AM,3/14/2024 9:15:00 AM,\
3/15/2024 9:15:00 AM,Fixed,Shop\\Payments,Shop\\1,20240301.1
32,User Story,Show a total,Ann <ann@example.org>,Active,,,2,3/2/2024 9:15:00 AM,,,,Shop\\Payments,Shop\\1,
33,Bug,Totals are wrong,Ann <ann@example.org>,Active,,3 - Medium,2,3/2/2024 9:15:00 AM,,,,Shop\\Payments,Shop\\1,
"""
REDMINE = """
#,Project,Tracker,Parent task,Status,Priority,Subject,Author,Assignee,Updated,Category,Target version,Start date,Due date,\
Estimated time,Spent time,% Done,Created,Closed,Related issues,Private
41,Shop,Bug,,Closed,Urgent,Checkout is down,Ann,Bob,03/14/2024 09:00 AM,Cart,1.2,03/13/2024,,,0.00,100,03/13/2024 09:00 AM,\
03/14/2024 09:00 AM,,No
42,Shop,Feature,,New,Normal,Show a total,Ann,Bob,03/13/2024 09:00 AM,,,03/13/2024,,,0.00,0,03/13/2024 09:00 AM,,,No
43,Shop,Bug,,Rejected,Low,A typo,Ann,Bob,03/14/2024 09:00 AM,,,03/13/2024,,,0.00,0,03/13/2024 09:00 AM,\
03/14/2024 09:00 AM,,No
"""
SENTRY = """
id,shortId,title,culprit,level,status,firstSeen,lastSeen,count,userCount,project
51,SHOP-1,TypeError: total is undefined,cart.total,fatal,unresolved,2024-03-01T09:00:00Z,2024-03-02T09:00:00Z,120,80,shop
52,SHOP-2,Slow query,cart.list,warning,ignored,2024-03-01T09:00:00Z,2024-03-02T09:00:00Z,12,8,shop
"""
SERVICENOW = """
Number,Opened,Short description,Caller,Priority,State,Category,Assignment group,Assigned to,Updated,Resolved,Closed
INC0010001,2024-03-01 09:00:00,Checkout is down,Ann,1 - Critical,Closed,Software,Payments,Bob,2024-03-04 09:00:00,\
2024-03-01 11:00:00,2024-03-04 09:00:00
INC0010002,2024-03-02 09:00:00,Mail is slow,Ann,3 - Moderate,In Progress,Software,?,Bob,2024-03-02 10:00:00,,
INC0010003,2024-03-02 09:00:00,Nothing works,Ann,2 - High,Canceled,Software,Payments,Bob,2024-03-02 10:00:00,,
INC0010004,2024-03-02 09:00:00,Printing fails,Ann,4 - Low,Closed,Software,Payments,Bob,2024-03-02 10:00:00,,\
2024-03-02 10:00:00
INC0010005,2024-03-02 09:00:00,Scanning fails,Ann,4 - Low,Closed,Software,Payments,Bob,2024-03-02 10:00:00,,
"""
PAGERDUTY = """
id,incident_number,description,service_id,service_name,escalation_policy_id,escalation_policy_name,created_on,resolved_on,\
urgency,seconds_to_first_ack,seconds_to_resolve,auto_resolved
Q1,61,Checkout is down,S1,Cart,E1,Payments,2024-03-01T09:00:00Z,2024-03-01T10:00:00Z,high,300,3600,false
Q2,62,Disk is full,S1,Cart,E1,Payments,2024-03-01T09:00:00Z,,low,,,false
"""
PAGERDUTY_REPORT = """
id,incident_number,description,service_id,service_name,escalation_policy_id,escalation_policy_name,created_on,resolved_on,\
seconds_to_first_ack,seconds_to_resolve,auto_resolved,escalation_count,auto_escalation_count,acknowledge_count,\
assignment_count,acknowledged_by_user_ids,acknowledged_by_user_names,assigned_to_user_ids,assigned_to_user_names,\
resolved_by_user_id,resolved_by_user_name,urgency
Q1,61,Checkout is down,S1,Cart,E1,Payments,2024-03-01T10:00:00+01:00,2024-03-01T11:00:00+01:00,300,3600,0,0,0,1,1,U1,Ann,U1,\
Ann,U1,Ann,high
"""
PAGERDUTY_API = [
    {
        "id": "Q1",
        "type": "incident",
        "incident_number": 61,
        "title": "Checkout is down",
        "created_at": "2024-03-01T09:00:00Z",
        "updated_at": "2024-03-01T10:00:00Z",
        "status": "resolved",
        "incident_key": "k1",
        "service": {"id": "S1", "summary": "Cart"},
        "priority": {"id": "P1", "summary": "P1"},
        "urgency": "high",
        "escalation_policy": {"id": "E1", "summary": "Everybody"},
        "teams": [{"id": "T1", "summary": "Payments"}],
        "resolved_at": "2024-03-01T10:00:00Z",
    }
]
OPSGENIE_API = [
    {
        "id": "a-1",
        "tinyId": "71",
        "message": "Checkout is down",
        "status": "closed",
        "acknowledged": True,
        "isSeen": True,
        "snoozed": False,
        "createdAt": "2024-03-01T09:00:00.000Z",
        "updatedAt": "2024-03-01T10:00:00.000Z",
        "owner": "ann@example.com",
        "priority": "P1",
        "report": {"ackTime": 300000, "closeTime": 3600000, "acknowledgedBy": "ann@example.com"},
    },
    {
        "id": "a-2",
        "tinyId": "72",
        "message": "Disk is full",
        "status": "open",
        "acknowledged": True,
        "isSeen": False,
        "snoozed": False,
        "createdAt": "2024-03-01T09:00:00.000Z",
        "updatedAt": "2024-03-01T09:00:00.000Z",
        "priority": "P3",
        "report": {"ackTime": 60000},
    },
]
SENTRY_API = [
    {
        "id": "51",
        "shortId": "SHOP-1",
        "title": "TypeError: total is undefined",
        "culprit": "cart.total",
        "level": "error",
        "status": "resolved",
        "statusDetails": {},
        "firstSeen": "2024-03-01T09:00:00Z",
        "lastSeen": "2024-03-02T09:00:00Z",
        "count": "12",
        "userCount": 8,
        "project": {"id": "2", "name": "Shop", "slug": "shop"},
        "assignedTo": {"type": "user", "id": "1", "name": "Ann", "email": "ann@example.com"},
        "metadata": {"title": "TypeError: total is undefined"},
        "type": "error",
    }
]
SENTRY_DISCOVER = """
issue,title,project,first_seen(),count_unique(user),error.level
SHOP-1,TypeError: total is undefined,shop,2024-03-01T09:00:00+00:00,80,error
"""
REDMINE_IN_SPANISH = """
#,Proyecto,Tipo,Estado,Prioridad,Asunto,Autor,Asignado a,Categoría,Versión prevista,% Realizado,Creado,Cerrada
41,Shop,Error,Closed,Urgente,La caja no funciona,Ann,Bob,Caja,1.2,100,13/03/2024 09:00,14/03/2024 09:00
"""
REDMINE_IN_FRENCH = """
#,Projet,Tracker,Statut,Priorité,Sujet,Auteur,Assigné à,Catégorie,Version cible,% réalisé,Créé,Fermé
41,Shop,Bug,Closed,Haut,La caisse est en panne,Ann,Bob,Caisse,1.2,100,13/03/2024 09:00,14/03/2024 09:00
"""
OPSGENIE = """
AlertID,Alias,TinyID,Message,Status,IsSeen,Acknowledged,Snoozed,CreatedAt,CreatedAtDate,UpdatedAt,Count,Owner,Teams,Priority,\
Report.AckTime,Report.CloseTime
a-1,x,71,Checkout is down,closed,true,true,false,1709283600000,2024/03/01 09:00:00,1709287200000,1,ann,Payments,P1,\
300000,3600000
a-2,y,72,Disk is full,open,false,false,false,1709283600000,2024/03/01 09:00:00,1709283600000,1,,Payments,P3,,
"""
STATUSPAGE = [
    {
        "id": "p1",
        "name": "Payments are slow",
        "status": "resolved",
        "created_at": "2024-03-01T09:05:00Z",
        "monitoring_at": None,
        "resolved_at": "2024-03-01T10:00:00Z",
        "impact": "major",
        "shortlink": "https://example.org/p1",
        "started_at": "2024-03-01T09:00:00Z",
        "page_id": "k",
        "incident_updates": [
            {"status": "resolved", "created_at": "2024-03-01T10:00:00Z", "display_at": "2024-03-01T10:00:00Z"},
            {"status": "monitoring", "created_at": "2024-03-01T09:40:00Z", "display_at": "2024-03-01T09:40:00Z"},
            {"status": "investigating", "created_at": "2024-03-01T09:30:00Z", "display_at": "2024-03-01T09:30:00Z"},
            {"status": "monitoring", "created_at": "2024-03-01T09:20:00Z", "display_at": "2024-03-01T09:20:00Z"},
            {"status": "identified", "created_at": "2024-03-01T09:10:00Z", "display_at": "2024-03-01T09:10:00Z"},
        ],
        "components": [{"id": "c1", "name": "Cards"}, {"id": "c2", "name": "Vouchers"}],
    }
]
GOOGLE = [
    {
        "id": "g1",
        "number": "17",
        "begin": "2024-03-01T09:00:00+00:00",
        "created": "2024-03-01T09:20:00+00:00",
        "end": "2024-03-01T12:00:00+00:00",
        "modified": "2024-03-02T09:00:00+00:00",
        "external_desc": "Elevated errors in storage",
        "status_impact": "SERVICE_DISRUPTION",
        "severity": "medium",
        "service_name": "Multiple Products",
        "affected_products": [{"title": "Cloud Storage", "id": "x"}, {"title": "Compute Engine", "id": "y"}],
        "updates": [{"when": "2024-03-01T09:20:00+00:00", "text": "We look into it."}],
    },
    {
        "id": "g2",
        "begin": "2024-03-05T09:00:00+00:00",
        "created": "2024-03-05T09:20:00+00:00",
        "external_desc": "Still going on",
        "status_impact": "SERVICE_OUTAGE",
        "severity": "high",
    },
]
GITHUB = [
    {
        "number": 1,
        "node_id": "n1",
        "html_url": "https://example.org/1",
        "title": "Checkout is down",
        "state": "closed",
        "state_reason": "completed",
        "labels": [{"id": 1, "name": "bug"}, {"id": 2, "name": "sev:1"}, {"id": 3, "name": "found: production"}],
        "created_at": "2024-03-01T09:00:00Z",
        "closed_at": "2024-03-02T09:00:00Z",
        "body": "It fails.",
    },
    {
        "number": 2,
        "node_id": "n2",
        "title": "Mend it",
        "state": "open",
        "state_reason": None,
        "labels": [],
        "created_at": "2024-03-01T09:00:00Z",
        "closed_at": None,
        "pull_request": {"url": "https://example.org/pulls/2", "html_url": "https://example.org/2"},
    },
    {
        "number": 3,
        "node_id": "n3",
        "title": "No label at all",
        "state": "open",
        "state_reason": "reopened",
        "labels": [],
        "created_at": "2024-03-01T09:00:00Z",
        "closed_at": None,
    },
]


def table(content):
    text = json.dumps(content) if isinstance(content, list | dict) else content.strip()
    opened = open_table(io.BytesIO(text.encode()))
    return opened.header, [cells for _, cells in opened.records()]


def read(content, **options):
    header, rows = table(content)
    found = guess(Survey.of(header, rows), **options)
    return found, [Reader(found.plan, header).read(line, cells) for line, cells in enumerate(rows, start=2)]


def time(text):
    return datetime.fromisoformat(text + "+00:00")


@pytest.mark.parametrize(
    ("content", "key", "expected"),
    [
        (
            JIRA,
            "defects/jira",
            [
                {
                    "external_id": "PAY-1", "status": "closed", "resolution": "fixed", "team": "Payments",
                    "component": "API, Web",
                    "priority": "urgent", "found_at": time("2024-02-15T19:15"), "fixed_at": time("2024-02-16T08:00"),
                },
                "not a defect (issue type Story)",
                {"external_id": "PAY-3", "status": "duplicate", "closed_at": time("2024-02-17T08:00"), "fixed_at": None},
            ],
        ),
        (
            GERMAN,
            "defects/jira",
            [
                {"external_id": "ZAH-1", "status": "closed", "resolution": "fixed", "priority": "urgent",
                 "fixed_at": time("2024-05-16T08:00")},
                "not a defect (issue type Aufgabe)",
            ],
        ),
        (
            BUGZILLA,
            "defects/bugzilla",
            [
                {"external_id": "101", "title": "Drafts are lost", "team": "Mail", "status": "closed", "resolution": "fixed",
                 "found_at": time("2024-03-02T10:00"), "closed_at": None},
                {"external_id": "102", "status": "new", "resolution": ""},
            ],
        ),
        (
            BUGZILLA_FIELDS,
            "defects/bugzilla",
            [
                {"external_id": "201", "resolution": "cannot_reproduce", "severity": "SEV1", "priority": "urgent",
                 "found_at": time("2024-03-01T09:00"), "closed_at": time("2024-03-02T10:00")},
                "not a defect (severity enhancement)",
                {"external_id": "203", "status": "duplicate", "severity": "SEV3"},
            ],
        ),
        (
            GITHUB_CSV,
            "defects/github",
            [
                {"external_id": "1", "status": "closed", "resolution": "fixed", "severity": "SEV1",
                 "fixed_at": time("2024-03-02T09:00")},
                "not a defect (issue type enhancement)",
                {"external_id": "3", "resolution": "wont_fix", "fixed_at": None, "closed_at": time("2024-03-05T09:00")},
            ],
        ),
        (
            GITHUB,
            "defects/github",
            [
                {"external_id": "n1", "status": "closed", "resolution": "fixed", "severity": "SEV1",
                 "stage_found": "production",
                 "actual": "It fails."},
                "not a defect (a pull request)",
                {"external_id": "n3", "status": "new", "resolution": "", "closed_at": None},
            ],
        ),
        (
            GITLAB,
            "defects/gitlab",
            [
                {"external_id": "7", "status": "closed", "resolution": "fixed", "severity": "SEV2",
                 "stage_found": "pre-deploy",
                 "fixed_at": time("2024-03-02T09:00")},
                "not a defect (issue type feature)",
            ],
        ),
        (
            AZURE,
            "defects/azure",
            [
                {"external_id": "31", "severity": "SEV1", "priority": "urgent", "status": "closed", "resolution": "fixed",
                 "found_at": time("2024-03-13T09:15"), "fixed_at": time("2024-03-14T09:15"),
                 "closed_at": time("2024-03-15T09:15"), "version_found": "20240301.1", "team": "Shop\\Payments"},
                "not a defect (issue type User Story)",
                {"external_id": "33", "severity": "SEV3", "status": "in_progress", "found_at": time("2024-03-02T09:15")},
            ],
        ),
        (
            REDMINE,
            "defects/redmine",
            [
                {"external_id": "41", "title": "Checkout is down", "team": "Shop", "status": "closed", "resolution": "fixed",
                 "found_at": time("2024-03-13T09:00"), "fixed_at": time("2024-03-14T09:00")},
                "not a defect (issue type Feature)",
                {"external_id": "43", "status": "closed", "resolution": "invalid", "priority": "low"},
            ],
        ),
        (
            SENTRY,
            "defects/sentry",
            [
                {"external_id": "SHOP-1", "severity": "SEV1", "status": "new", "found_by": "monitor", "team": "shop"},
                {"external_id": "SHOP-2", "severity": "SEV3", "status": "closed", "resolution": "declined",
                 "closed_at": None},
            ],
        ),
        (
            SERVICENOW,
            "incidents/servicenow",
            [
                {"external_id": "INC0010001", "severity": "SEV1", "status": "closed", "team": "Payments",
                 "detected_at": time("2024-03-01T09:00"), "restored_at": time("2024-03-01T11:00"),
                 "closed_at": time("2024-03-04T09:00")},
                {"external_id": "INC0010002", "severity": "SEV3", "status": "active"},
                {"external_id": "INC0010003", "severity": "SEV2", "status": "cancelled"},
                {"external_id": "INC0010004", "status": "closed", "restored_at": time("2024-03-02T10:00")},
                "closed, but the file does not say when it ended",
            ],
        ),
        (
            PAGERDUTY,
            "incidents/pagerduty",
            [
                {"external_id": "61", "title": "Checkout is down", "severity": "SEV2", "status": "restored",
                 "team": "Payments", "services": "Cart", "acknowledged_at": time("2024-03-01T09:05"),
                 "restored_at": time("2024-03-01T10:00")},
                {"external_id": "62", "severity": "SEV4", "acknowledged_at": None},
            ],
        ),
        (
            PAGERDUTY_REPORT,
            "incidents/pagerduty",
            [
                {"external_id": "61", "status": "restored", "severity": "SEV2", "team": "Payments",
                 "detected_at": time("2024-03-01T09:00"), "acknowledged_at": time("2024-03-01T09:05"),
                 "restored_at": time("2024-03-01T10:00")},
            ],
        ),
        (
            PAGERDUTY_API,
            "incidents/pagerduty",
            [
                {"external_id": "61", "title": "Checkout is down", "status": "restored", "severity": "SEV1",
                 "team": "Payments", "services": "Cart", "restored_at": time("2024-03-01T10:00")},
            ],
        ),
        (
            OPSGENIE_API,
            "incidents/opsgenie",
            [
                {"external_id": "a-1", "severity": "SEV1", "status": "closed", "detected_at": time("2024-03-01T09:00"),
                 "acknowledged_at": time("2024-03-01T09:05"), "restored_at": time("2024-03-01T10:00")},
                {"external_id": "a-2", "status": "active", "acknowledged_at": time("2024-03-01T09:01")},
            ],
        ),
        (
            SENTRY_API,
            "defects/sentry",
            [{"external_id": "SHOP-1", "severity": "SEV2", "status": "closed", "team": "Shop",
              "found_at": time("2024-03-01T09:00")}],
        ),
        (
            SENTRY_DISCOVER,
            "defects/sentry",
            [{"external_id": "SHOP-1", "severity": "SEV2", "team": "shop", "found_at": time("2024-03-01T09:00")}],
        ),
        (
            REDMINE_IN_SPANISH,
            "defects/redmine",
            [{"external_id": "41", "status": "closed", "priority": "urgent", "component": "Caja",
              "closed_at": time("2024-03-14T09:00")}],
        ),
        (
            REDMINE_IN_FRENCH,
            "defects/redmine",
            [{"external_id": "41", "status": "closed", "priority": "high", "version_fixed": "1.2"}],
        ),
        (
            OPSGENIE,
            "incidents/opsgenie",
            [
                {"external_id": "a-1", "severity": "SEV1", "status": "closed", "detected_at": time("2024-03-01T09:00"),
                 "acknowledged_at": time("2024-03-01T09:05"), "restored_at": time("2024-03-01T10:00")},
                {"external_id": "a-2", "severity": "SEV3", "status": "triage", "team": "Payments"},
            ],
        ),
        (
            STATUSPAGE,
            "incidents/statuspage",
            [
                {"external_id": "p1", "severity": "SEV2", "status": "restored", "services": "Cards, Vouchers",
                 "started_at": time("2024-03-01T09:00"), "detected_at": time("2024-03-01T09:05"),
                 "acknowledged_at": time("2024-03-01T09:10"), "mitigated_at": time("2024-03-01T09:40"),
                 "restored_at": time("2024-03-01T10:00")},
            ],
        ),
        (
            GOOGLE,
            "incidents/google_cloud",
            [
                {"external_id": "g1", "title": "Elevated errors in storage", "severity": "SEV2", "status": "restored",
                 "services": "Cloud Storage, Compute Engine", "impact_kind": "degraded",
                 "started_at": time("2024-03-01T09:00"), "detected_at": time("2024-03-01T09:20"),
                 "restored_at": time("2024-03-01T12:00")},
                {"external_id": "g2", "severity": "SEV1", "status": "active", "impact_kind": "outage", "restored_at": None},
            ],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" in value and "\n" not in value else "",
)  # fmt: skip
def test_an_export_unchanged(content, key, expected):
    found, rows = read(content)
    assert found.plan.key == key
    assert found.missing == []
    assert found.unmapped.keys() <= {"team"}
    assert [row.problems for row in rows] == [{}] * len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        if isinstance(wanted, str):
            assert row.skipped == wanted
        else:
            assert {name: row.values.get(name) for name in wanted} == wanted


def test_duplicates_name_their_original():
    assert [row.links.get("duplicate_of") for row in read(JIRA)[1]] == [None, None, "PAY-1"]
    assert read(BUGZILLA_FIELDS)[1][2].links["duplicate_of"] == "201"


def test_issues_of_two_repositories_have_ids_of_their_own():
    issue = {
        "number": 1,
        "title": "Broken",
        "state": "OPEN",
        "stateReason": "",
        "labels": [],
        "createdAt": "2024-03-01T09:00:00Z",
    }
    found, rows = read([issue | {"id": "I_kwDO1"}, issue | {"id": "I_kwDO2"}])
    assert found.plan.key == "defects/github"
    assert [row.values["external_id"] for row in rows] == ["I_kwDO1", "I_kwDO2"]


def test_people_are_read():
    assert read(SENTRY_API)[1][0].links == {"assignee": "ann@example.com"}
    assert read(PAGERDUTY_REPORT)[1][0].links == {"lead": "Ann"}
    assert read(OPSGENIE_API)[1][0].links == {"lead": "ann@example.com"}
    assert read(REDMINE_IN_SPANISH)[1][0].links == {"assignee": "Bob", "reporter": "Ann"}


def test_what_nobody_knows_is_said():
    rows = read(SERVICENOW)[1]
    assert rows[3].notes == ["no restore time: the closing time is used"]
    assert "team" not in rows[1].values


LOG = """
number,incident_state,active,sys_mod_count,opened_at,sys_updated_at,contact_type,category,priority,assignment_group,\
resolved_at,closed_at
INC1,New,true,0,1/3/2016 09:00,1/3/2016 09:05,Phone,Category 5,3 - Moderate,?,?,13/3/2016 12:00
INC1,Active,true,1,1/3/2016 09:00,1/3/2016 10:00,Phone,Category 5,2 - High,Group 1,?,13/3/2016 12:00
INC2,New,true,0,2/3/2016 09:00,2/3/2016 09:00,Phone,Category 7,3 - Moderate,Group 2,?,?
INC1,Closed,false,3,1/3/2016 09:00,13/3/2016 12:00,Phone,Category 5,2 - High,Group 1,2/3/2016 08:00,13/3/2016 12:00
INC1,Resolved,true,2,1/3/2016 09:00,2/3/2016 08:00,Phone,Category 5,2 - High,Group 3,2/3/2016 08:00,13/3/2016 12:00
"""


def folded(content):
    header, rows = table(content)
    found = guess(Survey.of(header, rows))
    reader = Reader(found.plan, header)
    return found, reader, list(reader.rows(enumerate(rows, start=2), {}))


@pytest.mark.parametrize("held", [1, 50_000], ids=["in a file", "in memory"])
def test_a_log_has_one_record_for_each_number(monkeypatch, held):
    monkeypatch.setattr(fold, "MAX_HELD", held)
    found, reader, rows = folded(LOG)
    assert (found.plan.key, found.plan.day_first) == ("incidents/servicenow", True)
    first, second = (row.values for row in rows)
    assert [row.line for row in rows] == [2, 4]
    assert (first["status"], first["severity"], first["team"], first["title"]) == ("closed", "SEV2", "Group 1", "Category 5")
    assert (first["detected_at"], first["restored_at"]) == (time("2016-03-01T09:00"), time("2016-03-02T08:00"))
    assert (second["status"], second["severity"], second["team"]) == ("triage", "SEV3", "Group 2")
    assert reader.remarks == ["5 rows became 2 records, one for each ID, with its last state."]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=20), st.data())
def test_a_fold_does_not_depend_on_the_order_of_rows(rows, data):
    rows = [(key, cell, f"{number:04}") for number, (key, cell) in enumerate(rows)]

    def once(rows):
        log = fold.Fold(3, {"title": [1]}, {0, 1, 2})
        for key, cell, moment in rows:
            log.add(key, int(moment), [key, cell, cell], moment)
        return sorted(log)

    assert once(rows) == once(data.draw(st.permutations(rows)))


def test_a_spreadsheet_that_is_a_log_is_folded_and_says_so():
    rows = "".join(
        f"B-{n // 3},Title {n // 3},2024-03-0{n % 3 + 1},{'Open' if n % 3 < 2 else 'Closed'}\n" for n in range(30)
    )
    found, reader, records = folded("ID,Title,Date,Status\n" + rows)
    assert found.plan.folds
    assert found.notes[0] == "“ID” repeats: the rows of one ID become one record, with its last state."
    assert len(records) == 10
    assert (records[0].values["status"], records[0].values["found_at"]) == ("closed", time("2024-03-01T00:00"))
    assert reader.remarks == ["30 rows became 10 records, one for each ID, with its last state."]


PROCESS = """
SR Number;Change Date+Time;Status;Sub Status;Involved ST;SR Latest Impact;Product;Country
1-364;2010-03-31T15:59:42+01:00;Accepted;In Progress;A2;Medium;PROD5;fr
1-364;2010-03-31T16:45:48+01:00;Queued;Awaiting Assignment;A2;Medium;PROD5;fr
1-364;2010-04-06T15:44:07+01:00;Accepted;In Progress;A2;High;PROD5;fr
1-364;2010-04-06T15:45:27+01:00;Completed;Resolved;A2;High;PROD5;fr
1-473;2010-04-06T15:44:38+01:00;Accepted;In Progress;A3;Low;PROD1;se
1-473;2010-04-06T15:45:00+01:00;Queued;Awaiting Assignment;A3;Low;PROD1;se
1-500;2010-04-07T15:44:38+01:00;Accepted;In Progress;A3;Low;PROD1;se
1-500;2010-04-07T15:45:00+01:00;Dreaming;Awaiting Assignment;A3;Low;PROD1;se
1-501;2010-04-07T15:44:38+01:00;Accepted;In Progress;A3;Low;PROD1;se
1-501;2010-04-07T15:45:00+01:00;Queued;Awaiting Assignment;A3;Low;PROD1;se
1-501;2010-04-07T16:45:00+01:00;Completed;Closed;A3;Low;PROD1;se
"""


def test_a_log_of_a_process_begins_with_its_first_row_and_ends_with_its_last():
    found, _, rows = folded(PROCESS)
    assert (found.plan.key, found.missing, found.plan.columns["title"]) == ("incidents/spreadsheet", [], ("SR Number",))
    assert found.notes == [
        "“SR Number” repeats: the rows of one ID become one record, with its last state.",
        "The first and last “Change Date+Time” of an ID are used as its start and end.",
    ]
    first = rows[0].values
    assert (first["detected_at"], first["restored_at"]) == (time("2010-03-31T14:59:42"), time("2010-04-06T14:45:27"))
    assert (first["status"], first["severity"], rows[1].values["status"]) == ("restored", "SEV2", "active")
    assert rows[2].values["status"] == "active"
    assert [row.problems for row in rows] == [{}] * 4


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Scheduled maintenance of the database", "maintenance"),
        ("[Maintenance] Database", "maintenance"),
        ("Game day: lose a zone", "exercise"),
        ("[Drill] Nobody is at home", "exercise"),
        ("Outage after scheduled maintenance", None),
        ("Exercise videos do not play", None),
    ],
)
def test_planned_work_and_exercises_by_their_titles(title, kind):
    header = ["number", "opened_at", "short_description", "state"]
    row = Reader(Plan("incidents", "servicenow"), header).read(2, ["INC1", "2016-03-01 09:00", title, "New"])
    assert row.defaults.get("kind") == kind
    assert bool(row.notes) == bool(kind)


def test_a_closed_incident_whose_end_cannot_be_read_is_an_error():
    header = ["number", "opened_at", "short_description", "state", "resolved_at", "closed_at"]
    reader = Reader(Plan("incidents", "servicenow"), header)
    row = reader.read(2, ["INC1", "2016-03-01 09:00", "Mail is down", "Closed", "?", "5/3/2016 14:00"])
    assert (row.skipped, list(row.problems)) == ("", ["closed_at"])


def test_a_day_is_not_before_a_moment_of_that_day():
    header = ["ID", "Title", "Found on", "Status", "Resolved"]
    reader = Reader(Plan("defects", zone="Europe/Berlin"), header)
    row = reader.read(2, ["1", "a", "2024-03-01 14:00", "Closed", "2024-03-01"])
    assert (row.problems, row.values["closed_at"]) == ({}, row.values["found_at"])
    assert reader.read(2, ["1", "a", "2024-03-01 14:00", "Closed", "2024-02-29"]).values["closed_at"].day == 28


def test_all_types_may_be_wanted():
    header, rows = table(BUGZILLA_FIELDS)
    plan = guess(Survey.of(header, rows)).plan
    wanted = Reader(type(plan).from_json(plan.as_json() | {"all_types": True}), header).read(3, rows[1])
    assert (wanted.skipped, wanted.values["severity"]) == ("", "SEV4")


def test_the_file_of_opsgenies_own_export_script_is_recognised():
    found, rows = read(
        ",Message,Description,Status,Priority,Tiny Id,Alias,Acknowledged,Tags,Snoozed,Count,Last Occurred At,Created At,"
        "Updated At,Source,Owner,Integration Id,Owner Team Id,Entity,Seen\n"
        "a-1,Disk is full,,open,P2,17,disk,True,,False,3,2026-03-01T10:00:00Z,2026-03-01T09:00:00Z,2026-03-01T10:00:00Z,"
        "mon,ann@example.org,i,t,db-1,True\n"
    )
    assert (found.plan.key, found.missing) == ("incidents/opsgenie", [])
    values = rows[0].values
    assert (values["external_id"], values["severity"], values["status"]) == ("17", "SEV2", "active")
    assert values["detected_at"] == time("2026-03-01T09:00")
