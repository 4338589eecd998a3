"""What goes wrong in the demo's products. A fault is "what happens|what should happen"."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Domain:
    """The vocabulary of one kind of product. `related` are names for more teams of the same kind."""

    components: tuple[str, ...]
    services: tuple[str, ...]
    faults: tuple[str, ...]
    incidents: tuple[str, ...]
    # What users could not do, after "About 2,300 customers".
    harm: str
    related: tuple[str, ...]
    # Whether its users see pages in a browser.
    on_a_page: bool = True
    # What happens, what should happen, and the component that it concerns.
    known_faults: tuple[tuple[str, str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        pairs = [fault.split("|") for fault in self.faults]
        known = tuple((happens, should, self._component_of(happens)) for happens, should in pairs)
        object.__setattr__(self, "known_faults", known)

    def _component_of(self, fault: str) -> str:
        """The first component that the fault mentions, by the start of a word; "" if none."""
        for word in fault.lower().split():
            for component in self.components:
                if word[:5] in {part[:5] for part in component.lower().removesuffix("s").split()}:
                    return component
        return ""

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        return ANYWHERE + ON_A_PAGE if self.on_a_page else ANYWHERE

    @property
    def places(self) -> tuple[str, ...]:
        return PLACES + PLACES_OF_CUSTOMERS if self.on_a_page else PLACES


DOMAINS = {
    "checkout": Domain(
        components=("Basket", "Discounts", "Delivery options", "Order review", "Gift cards", "Guest checkout"),
        services=("basket-api", "checkout-web", "order-service", "promotion-engine"),
        faults=(
            "Discount is applied twice|The discount is applied once",
            "Basket total differs from the sum of its lines|Total and lines agree to the cent",
            "Delivery date is shown in the past|Only dates that are still possible are offered",
            "Gift card balance is not deducted|The balance decreases by the amount paid",
            "Voucher code with lower-case letters is refused|Upper and lower case are treated the same",
            "Order confirmation shows the wrong address|The address of the order is shown",
            "Quantity jumps back to one|The chosen quantity is kept",
            "Free delivery is offered below the minimum|Delivery is free from the minimum order value",
            "Guest order cannot be placed without a phone number|The phone number is optional",
            "Tax is missing for deliveries to islands|Tax follows the delivery address",
            "Sold-out item stays in the basket without a message|The item is marked as sold out",
            "Order button stays disabled after an address is corrected|The button is enabled once the form is valid",
            "Two orders are created from one click|One click creates one order",
            "Basket of a returning customer is empty|The basket is kept for 30 days",
        ),
        incidents=(
            "Orders cannot be placed",
            "Sign-in empties the basket",
            "Checkout is very slow",
            "Discount codes are refused",
            "Delivery options do not load",
            "Orders are confirmed without delivery dates",
            "Gift cards are charged twice",
            "Order review page returns an error",
        ),
        harm="could not finish their order",
        related=("Basket", "Promotions", "Gift cards", "Pricing", "Returns", "Subscriptions", "Loyalty", "Orders"),
    ),
    "payments": Domain(
        components=("Card payments", "Refunds", "Payment methods", "Reconciliation", "Fraud checks", "Invoices"),
        services=("payment-gateway", "ledger", "refund-worker", "risk-scoring"),
        faults=(
            "Refund is booked to the wrong day|The refund has the date it was made",
            "Card number with spaces is refused|Spaces are ignored",
            "Payment stays pending after the bank has confirmed|The payment becomes paid within a minute",
            "Partial refund closes the whole order|Only the refunded lines are closed",
            "Amount is rounded down for currencies without decimals|Yen amounts are whole numbers",
            "Invoice number appears twice|Each invoice has a unique number",
            "Bank transfer is matched to an older order|The reference decides which order is paid",
            "Fraud check blocks customers with a new address|A new address alone does not block an order",
            "Saved card is shown after it was deleted|A deleted card disappears immediately",
            "Webhook of the payment provider is processed twice|A repeated message has no effect",
            "Receipt shows the gross amount as net|Net and gross are labelled correctly",
            "Daily reconciliation report misses late bookings|Bookings up to midnight are in the report",
            "Wallet payment returns to an empty page|The customer returns to the order",
            "Currency of the invoice differs from the order|Both show the same currency",
        ),
        incidents=(
            "Card payments fail for one in five customers",
            "Payment confirmations arrive late",
            "Refunds are not sent to the bank",
            "Wallet payments are declined",
            "Payment provider responds slowly",
            "Invoices are created twice",
            "Fraud checks time out and block orders",
            "Bank transfers are not matched",
        ),
        harm="could not pay",
        related=("Invoicing", "Refunds", "Payouts", "Billing", "Fraud prevention", "Treasury", "Wallet", "Lending"),
    ),
    "search": Domain(
        components=("Search results", "Filters", "Suggestions", "Product pages", "Recommendations", "Index"),
        services=("search-api", "indexer", "suggestion-service", "catalogue"),
        faults=(
            "Search for a plural finds nothing|Singular and plural find the same products",
            "Filter by size is lost on the second page|Filters stay while paging",
            "Sorting by price ignores offers|Products are sorted by the price customers pay",
            "Suggestion list covers the search button|The list ends above the button",
            "Products that are no longer sold are found|Only products on sale are listed",
            "Words with umlauts are not found|Umlauts and their spelled-out forms match",
            "Result count differs from the list|Count and list agree",
            "Synonyms are not applied to brands|A brand is found by its other names",
            "Product picture belongs to another colour|Picture and chosen colour agree",
            "Recommendations show the product itself|A product does not recommend itself",
            "Price filter with only a lower limit returns nothing|An open range is allowed",
            "Index misses products that were added at night|New products are found within ten minutes",
            "Search term with an ampersand is cut off|The whole term is searched",
            "Empty result page is a dead end|Similar searches are suggested",
        ),
        incidents=(
            "Search returns no results",
            "Search results are hours old",
            "Product pages return an error",
            "Filters do not load",
            "Suggestions are slow and block typing",
            "Recommendations are empty on all product pages",
            "Prices in search differ from the basket",
            "Index rebuild fills the disk",
        ),
        harm="got empty or outdated results",
        related=("Catalogue", "Recommendations", "Product pages", "Reviews", "Merchandising", "Content", "Media", "Ranking"),
    ),
    "growth": Domain(
        components=("Landing pages", "Experiments", "Referrals", "Newsletter sign-up", "Consent banner", "Campaigns"),
        services=("campaign-service", "experiment-service", "landing-web", "consent-api"),
        faults=(
            "Visitors see both variants of an experiment|A visitor stays in one variant",
            "Referral bonus is paid for the same friend twice|One friend earns one bonus",
            "Consent is asked for again on every visit|The answer is kept for six months",
            "Campaign link leads to an expired offer|Expired campaigns lead to the start page",
            "Newsletter sign-up accepts an address without a domain|The address is checked before it is stored",
            "Countdown of the offer ends an hour early|The countdown follows the local time",
            "Conversion is counted again on reload|A conversion is counted once",
            "Landing page loads the old picture|The current picture is loaded",
            "Opt-out is ignored by the weekly mail|An opt-out takes effect immediately",
            "Experiment report mixes up its groups|Each group shows its own numbers",
            "Form loses its content after an error|What was typed is kept",
            "Tracking fires before consent is given|Nothing is tracked before consent",
            "Price on the landing page excludes tax|Prices include tax",
        ),
        incidents=(
            "Landing pages return an error",
            "Campaign mails link to the wrong country",
            "Consent banner blocks the whole page",
            "Referral bonuses are not paid",
            "All visitors are moved to one experiment group",
            "Sign-up form does not submit",
            "Offers with the wrong price are shown",
            "Attribution data stops arriving",
        ),
        harm="saw a broken or wrong offer",
        related=(
            "Campaigns",
            "Onboarding",
            "Experiments",
            "Affiliates",
            "Customer insights",
            "Advertising",
            "Community",
            "Surveys",
        ),
    ),
    "logistics": Domain(
        components=(
            "Stock levels",
            "Shipping labels",
            "Tracking",
            "Warehouse terminal",
            "Carrier interface",
            "Returns desk",
        ),
        services=("stock-service", "carrier-gateway", "warehouse-terminal", "label-printer"),
        faults=(
            "Label prints the street without its number|The whole address is printed",
            "Stock falls below zero|Stock cannot be negative",
            "Parcel is shown as delivered before it has left|The status follows the carrier",
            "Scanner accepts the barcode of another site|Barcodes of other sites are refused",
            "Pick list shows the old shelf|The list shows where the goods are",
            "Carrier file is sent without its last line|All parcels are in the file",
            "Returned item is not added to the stock|The item is in stock after inspection",
            "Weight is sent in grams instead of kilograms|Carriers get kilograms",
            "Split delivery loses its second tracking number|Each parcel has its number",
            "Terminal freezes while the printer is out of paper|The terminal says what is missing",
            "Delivery slot is offered on a public holiday|Holidays are left out",
            "Customs form lacks the value of the goods|The value is on the form",
            "Night shift bookings have the wrong date|The booking has the date of the shift",
            "Stock correction is overwritten by the import|The later change wins",
        ),
        incidents=(
            "Shipping labels cannot be printed",
            "Stock levels are not updated",
            "Carrier does not receive parcel data",
            "Warehouse terminals lose their connection",
            "Tracking shows no progress",
            "Pick lists are created twice",
            "Returns cannot be booked",
            "Nightly stock import did not finish",
        ),
        harm="waited longer for their parcel",
        related=("Warehouse", "Returns desk", "Carrier links", "Stock", "Store systems", "Procurement", "Fleet", "Customs"),
        on_a_page=False,
    ),
    "mobile": Domain(
        components=("Start screen", "Push messages", "Offline mode", "Barcode scanner", "Account screen", "Updates"),
        services=("mobile-gateway", "push-service", "app-config", "image-proxy"),
        faults=(
            "App closes when the camera is refused|The app explains why it needs the camera",
            "Keyboard covers the input field|The field scrolls into view",
            "Push message opens the start screen|The message opens the related page",
            "Text is cut off with large type|Text wraps with every type size",
            "Offline basket is lost after an update|Offline data survives an update",
            "Dark mode shows black text on black|Text is readable in both modes",
            "Screen reader skips the price|The price is read out",
            "Battery drains while the map is open|The map stops updating in the background",
            "Back gesture leaves the checkout without asking|The app asks before it discards the order",
            "Pictures are loaded in full size on mobile data|Small pictures are used on mobile data",
            "Fingerprint login asks for the password again|The fingerprint is enough",
            "List jumps to the top when an item is opened|The position is kept",
            "Version check blocks the newest release|The newest release is accepted",
            "Barcode in low light is read as another product|An uncertain scan is repeated",
        ),
        incidents=(
            "App closes right after the start",
            "Push messages reach nobody",
            "App shows an empty start screen",
            "Sign-in in the app fails",
            "Images do not load in the app",
            "Forced update locks out older phones",
            "App configuration is served from the test environment",
            "Store release has to be withdrawn",
        ),
        harm="could not use the app",
        related=(
            "iOS app",
            "Android app",
            "Tablet app",
            "In-store app",
            "Driver app",
            "Smart TV app",
            "Widgets",
            "App platform",
        ),
        on_a_page=False,
    ),
    "identity": Domain(
        components=("Sign-in", "Password reset", "Two-factor codes", "Single sign-on", "Sessions", "Permissions"),
        services=("login-service", "token-service", "directory-sync", "session-store"),
        faults=(
            "Password reset link works twice|The link works once",
            "Session ends after five minutes instead of thirty|The session lasts 30 minutes",
            "Two-factor code with a leading zero is refused|All six-digit codes are accepted",
            "Locked account gets no explanation|The page says what to do",
            "Single sign-on returns to the wrong page|The person returns to where they came from",
            "Removed member keeps access until the next day|Access ends immediately",
            "Email address with a plus sign cannot register|Every valid address can register",
            "Sign-out on one device leaves the others signed in|Sign-out everywhere ends all sessions",
            "Group names with commas are split|The name stays whole",
            "Token lives longer than its certificate|The shorter lifetime wins",
            "Audit log shows the proxy as origin|The log shows the real origin",
            "Permission page needs ten seconds to load|The page loads within a second",
            "Invitation in another language has an English subject|Subject and text use the same language",
        ),
        incidents=(
            "Customers cannot sign in",
            "Password reset mails are not sent",
            "Single sign-on fails",
            "Sessions end after a few minutes",
            "Two-factor codes are refused",
            "Permissions are missing",
            "Token service responds slowly",
            "Old signing key is refused by partners",
        ),
        harm="could not sign in",
        related=("Access", "Customer accounts", "Directory", "Consent", "Secrets", "Privacy", "Audit trail", "Trust"),
    ),
    "data": Domain(
        components=("Nightly load", "Reports", "Event stream", "Data catalogue", "Exports", "Quality checks"),
        services=("warehouse-loader", "event-stream", "report-server", "export-worker"),
        faults=(
            "Nightly load skips the last hour of the day|The whole day is loaded",
            "Report counts returned orders as revenue|Returns reduce the revenue",
            "Export breaks at names with semicolons|Fields are quoted",
            "Event time is stored without its zone|Times include their time zone",
            "Late events are dropped|Events up to two days late are counted",
            "Dashboard adds up percentages|Percentages are computed from their parts",
            "Duplicate rows appear after a retry|A retry adds no rows",
            "Column type changes without notice|A change of type is announced",
            "Customer deletion does not reach the archive|A deletion reaches every copy",
            "Week in the report begins on Sunday|Weeks begin on Monday",
            "Catalogue names an owner who has left|Each table has a current owner",
            "Quality check passes on an empty table|An empty table fails the check",
            "Currency is mixed in the margin report|The report uses one currency",
        ),
        incidents=(
            "Nightly load did not finish",
            "Reports show yesterday's figures",
            "Event stream falls behind by hours",
            "Revenue report is wrong",
            "Exports to partners are empty",
            "Query cluster runs out of memory",
            "Personal data appears in a shared table",
            "Schema change breaks the finance dashboards",
        ),
        harm="worked with old or wrong figures",
        related=(
            "Reporting",
            "Forecasting",
            "Data quality",
            "Event stream",
            "Machine learning",
            "Finance data",
            "Metrics",
            "Archive",
        ),
        on_a_page=False,
    ),
    "infrastructure": Domain(
        components=("Load balancer", "Clusters", "Databases", "DNS", "Certificates", "Backups"),
        services=("edge", "kubernetes", "postgres", "dns", "object-store"),
        faults=(
            "Health check passes while the disk is full|A full disk fails the check",
            "Autoscaler removes the node that is still draining|A node drains before it goes",
            "Certificate renewal needs a manual restart|The new certificate is picked up automatically",
            "Backup of the second region is never verified|Each backup is restored once a week",
            "Alert fires for a host that was removed|Removed hosts raise no alerts",
            "Log rotation cuts lines in half|Lines stay whole",
            "Connection limit is lower than the pool size|The limit is above the sum of all pools",
            "Firewall rule is lost|Rules survive a reboot",
            "Terraform plan wants to replace the database|The plan shows no change",
            "Rate limit counts the health checks|Health checks are not counted",
            "Time drifts on the batch hosts|Clocks agree within 50 milliseconds",
            "DNS record keeps the old address for a day|Records expire after five minutes",
            "Secret is printed in the start-up log|No secret is logged",
        ),
        incidents=(
            "Network between two zones loses packets",
            "Database primary fails over",
            "Certificate of the edge expired",
            "Cluster cannot start new pods",
            "DNS answers are slow",
            "Object store refuses writes",
            "Node pool runs out of memory",
            "Load balancer sends traffic to dead hosts",
        ),
        harm="saw slow or failing pages",
        related=("Networks", "Databases", "Compute", "Observability", "Storage", "Edge", "Cloud costs", "Continuity"),
        on_a_page=False,
    ),
    "tools": Domain(
        components=(
            "Build system",
            "Test runner",
            "Deploy pipeline",
            "Code search",
            "Preview environments",
            "Feature flags",
        ),
        services=("ci-runner", "artifact-store", "deploy-bot", "flag-service"),
        faults=(
            "Build cache serves the files of another branch|A branch sees its own cache",
            "Flaky test is retried without a note|A retry is shown in the report",
            "Deploy bot announces the wrong version|The version that was deployed is announced",
            "Feature flag is evaluated before the user is known|The flag waits for the user",
            "Preview environment is never removed|It is removed a day after the merge",
            "Coverage report counts generated code|Generated code is left out",
            "Pipeline is green although a step was skipped|A skipped step is shown",
            "Code search misses files above one megabyte|Large files are found by name",
            "Artifact of a cancelled build can be deployed|Only finished builds can be deployed",
            "Linter runs with last year's rules|The rules of the branch are used",
            "Merge queue stops at a renamed branch|A renamed branch is followed",
            "Rollback button asks for a missing permission|Anyone who can deploy can roll back",
            "Dependency update ignores the lock file|The lock file is respected",
        ),
        incidents=(
            "Builds wait for more than an hour",
            "Deployments are blocked",
            "Artifact store refuses uploads",
            "Feature flags return their defaults",
            "Test runners lose their connection",
            "Merge queue is stuck",
            "Rollback of a release fails",
            "Package mirror serves broken files",
        ),
        harm="had to wait because no fix could be shipped",
        related=(
            "Build",
            "Test platform",
            "Release",
            "Developer portal",
            "Feature flags",
            "Tooling",
            "Quality",
            "Automation",
        ),
        on_a_page=False,
    ),
    "messaging": Domain(
        components=("Email", "Text messages", "Templates", "Preferences", "Delivery reports", "In-app inbox"),
        services=("mail-sender", "sms-gateway", "template-service", "inbox"),
        faults=(
            "Salutation is empty when the last name is missing|The first name is used",
            "Message is sent in the middle of the night|Messages wait until the morning",
            "Unsubscribe link requires a sign-in|One click is enough",
            "Template shows a raw placeholder|Every placeholder is filled in",
            "Bounced address gets more mail|A bounced address gets no more mail",
            "Text message is split in the middle of a word|It is split between words",
            "Inbox counts messages that were deleted|Only unread messages count",
            "Order mail is sent twice after a retry|A retry sends nothing twice",
            "Delivery report is a day late|Reports arrive within the hour",
            "Language of the mail follows the browser|The customer's language is used",
            "Attachment with an umlaut in its name cannot be opened|The name is encoded",
        ),
        incidents=(
            "Order mails are delayed",
            "Text messages are not delivered",
            "Mails are rejected as spam",
            "Mails show raw placeholders",
            "Inbox does not load",
            "Customers get messages of other customers",
        ),
        harm="did not get their messages",
        related=("Mailings", "Customer care", "Chat", "Contact centre", "Help centre", "Documents", "Letters", "Alerts"),
        on_a_page=False,
    ),
}

# When a fault occurs, and the step to reproduce it: for all products, and for those with pages.
ANYWHERE = (
    ("", "Use it as usual."),
    ("", "Do it twice in a row."),
    ("", "Do it with last week's data."),
    ("on the first day of the month", "Set the clock to the first day of a month."),
    ("with more than 100 entries", "Create 101 entries first."),
    ("after the night of the clock change", "Use data from the last Sunday in October."),
    ("after a failed first attempt", "Let the first attempt fail, then try again."),
    ("since the last release", "Compare with the previous release."),
    ("while the nightly job runs", "Try it while the nightly job runs."),
    ("under load", "Send 200 requests a second."),
    ("after a restart", "Restart the service, then try it."),
    ("in the second region", "Use the second region."),
)
ON_A_PAGE = (
    ("when a name has an apostrophe", "Use the name O'Neill."),
    ("when two people do it at once", "Do the same from a second account at the same time."),
    ("after the session has expired", "Leave the page open for an hour, then continue."),
    ("when the page is reloaded", "Reload the page before it has loaded."),
    ("on slow connections", "Slow the connection down to 3G."),
    ("for accounts with two addresses", "Use an account that has two addresses."),
    ("after a change of language", "Change the language, then go back."),
    ("in Safari", "Use Safari."),
    ("in Firefox", "Use Firefox."),
    ("for customers in Switzerland", "Use an account in Switzerland."),
    ("for new customers", "Use a new account."),
    ("for business customers", "Use a business account."),
    ("when opened from an email", "Open it through the link in the email."),
    ("on phones", "Use a phone."),
)

# When or where an incident occurred: for all products, and for those with customer pages.
PLACES = (
    "",
    "",
    "",
    "in one region",
    "in the morning peak",
    "after the release",
    "again",
    "overnight",
    "in the second region",
)
PLACES_OF_CUSTOMERS = ("for business customers", "for new customers", "during the campaign", "outside the EU")

# Root cause, and the stage that should have caught it.
CAUSES = (
    ("A configuration change was rolled out to all regions at once. It had been tested in only one region.", "pre-deploy"),
    ("A database migration locked the largest table while customers were writing to it.", "pre-deploy"),
    ("A missing index made one query slow, which only shows with production data.", "pre-deploy"),
    ("The connection pool was exhausted after a retry without a limit was merged.", "code-review"),
    ("A null value from the partner API was not handled, and no test covered it.", "ci"),
    ("The certificate expired because its renewal ran under an account that had been closed.", "design"),
    ("A feature flag was switched on for everyone instead of five percent.", "pre-deploy"),
    ("The deployment cleared the cache and the database could not handle the load.", "design"),
    ("A comparison ignored the time zone, so the job skipped an hour.", "ci"),
    ("A dependency update changed its behaviour. The release notes mentioned this in one line.", "code-review"),
    ("The regression suite had been skipped for the hotfix, and the hotfix broke an older path.", "ci"),
    ("Two services disagreed about the format of an amount. There was no contract test between them.", "ci"),
    ("A disk filled up with debug logs that had been left switched on.", "code-review"),
    ("The provider had an outage and there was no fallback.", "design"),
    ("A loop without a limit used up the memory when a list was empty.", "pre-commit"),
    ("A secret was rotated in one place but not in the other.", "design"),
)

CAUSED_BY_DEFECT = (
    "A release introduced the defect and nobody noticed. No test covered this path; one has been added.",
    "ci",
)

QUALIFIERS = (
    "Europe", "Americas", "Asia-Pacific", "Nordics", "Iberia", "UK and Ireland", "for business", "for partners",
    "core", "experience", "integrations", "quality", "Benelux", "Africa",
)  # fmt: skip

GROUPS = (
    "Finance", "Customer care", "Supply chain", "Marketplace", "Insights", "Retail stores", "Corporate systems",
    "Mobility", "Lending", "Media",
)  # fmt: skip
