namespace Heldar.Architecture.Tests;

/// <summary>
/// Which room may use which other. A new edge is a decision: add it here, and see that the graph stays free of cycles. Files at the root of a deployable compose
/// its rooms and may use all.
/// </summary>
public sealed class RoomGraphTests
{
    private static readonly Deployable Box = new("edge/Heldar.Edge", "Heldar.Edge", "tests/Heldar.Edge.Tests", new Dictionary<string, string[]>
    {
        ["Access"] = ["Api", "Audit", "Secrets", "Settings", "Store"],
        ["Anr"] = ["Access", "Api", "Cameras", "Gaps", "Indexer", "Recorder", "Settings", "Storage", "Store"],
        ["Api"] = [],
        ["Audit"] = ["Store"],
        ["Backup"] = ["Desired", "Enrolment", "Secrets", "Settings", "Store", "Uplink"],
        ["CameraEvents"] = ["Access", "Api", "Cameras", "Enrolment", "Events", "Secrets", "Settings"],
        ["Cameras"] = ["Access", "Api", "Audit", "Indexer", "Ingest", "PreRoll", "Recorder", "Recovery", "Secrets", "Settings", "Store"],
        ["Desired"] = ["Secrets", "Store"],
        ["Doctor"] = ["Health", "Ingest", "Retention", "Secrets", "Settings", "Store"],
        ["Enrolment"] = ["Secrets", "Settings"],
        ["Events"] = ["Access", "Api", "Cameras", "Indexer", "Settings", "Store"],
        ["Fsck"] = ["Audit", "Cameras", "Gaps", "Indexer", "Recovery", "Seals", "Settings", "Storage", "Store"],
        ["Gaps"] = ["Access", "Api", "Cameras", "Indexer", "Recorder", "Recovery", "Seals", "Storage", "Store"],
        ["Health"] = ["Access", "Api", "CameraEvents", "Cameras", "Desired", "Enrolment", "Gaps", "Mirror", "PreRoll", "Recorder", "Recovery", "RemoteAccess", "Retention", "RuntimeSettings", "Settings", "Snapshots", "Storage", "Store", "Upkeep", "Uplink"],
        ["Holds"] = ["Access", "Api", "Audit", "Cameras", "Indexer", "Seals", "Storage", "Store"],
        ["Indexer"] = ["Storage", "Store"],
        ["Ingest"] = ["PreRoll", "Recorder"],
        ["Jobs"] = ["Access", "Api", "Audit", "Cameras", "Gaps", "Recorder", "Indexer", "Retention", "Schedules", "Settings", "Store"],
        ["Metrics"] = ["Access", "Cameras", "Enrolment", "Health", "Indexer", "Mirror", "Recorder", "Recovery", "Storage", "Store"],
        ["Mirror"] = ["Access", "Api", "Audit", "Cameras", "Gaps", "Indexer", "Recovery", "Seals", "Settings", "Storage", "Store"],
        ["Playback"] = ["Access", "Api", "Cameras", "Indexer", "Recorder", "Storage"],
        ["PreRoll"] = ["Settings", "Storage"],
        ["Recorder"] = ["Indexer", "PreRoll", "Settings", "Storage"],
        ["Recovery"] = ["Indexer", "Seals", "Storage", "Store"],
        ["RemoteAccess"] = ["Enrolment", "Playback", "Settings", "Snapshots"],
        ["Retention"] = ["Access", "Api", "Cameras", "Holds", "Indexer", "RuntimeSettings", "Seals", "Settings", "Storage", "Store"],
        ["RuntimeSettings"] = ["Access", "Api", "Audit", "Store"],
        ["Schedules"] = ["Access", "Api", "Audit", "Cameras", "Settings", "Store"],
        ["Seals"] = [],
        ["Secrets"] = ["Store"],
        ["Settings"] = ["Secrets"],
        ["Snapshots"] = ["Access", "Api", "Cameras", "Playback"],
        ["Storage"] = ["Audit", "Seals", "Secrets", "Settings", "Store"],
        ["Store"] = [],
        ["Telemetry"] = ["Enrolment", "Metrics", "RuntimeSettings", "Secrets", "Settings"],
        ["Upkeep"] = ["Access", "Api", "Gaps", "Indexer", "Jobs", "Retention", "RuntimeSettings", "Seals", "Settings", "Storage", "Store"],
        ["Upgrade"] = ["Settings", "Store"],
        ["Uplink"] = ["Enrolment", "Settings", "Store"],
        ["Watchdog"] = ["Cameras"],
    });

    private static readonly Deployable Media = new("edge/Heldar.Media", "Heldar.Media", "tests/Heldar.Media.Tests", new Dictionary<string, string[]>
    {
        ["Codecs"] = ["Streams"],
        ["Flac"] = ["Streams"],
        ["Ingest"] = ["Rtp", "Rtsp", "Sdp", "Streams", "Timing"],
        ["Mp4"] = ["Codecs", "Flac", "Streams"],
        ["Replay"] = ["Ingest", "Rtp", "Rtsp", "Sdp", "Streams"],
        ["Rtp"] = ["Codecs", "Streams"],
        ["Rtsp"] = ["Codecs", "Rtp", "Sdp", "Streams"],
        ["Sdp"] = [],
        ["SegmentNames"] = [],
        ["Streams"] = [],
        ["Timing"] = ["Rtp", "Streams"],
    });

    private static readonly Deployable Fleet = new("cloud/fleet/Heldar.Fleet", "Heldar.Fleet", "tests/Heldar.Fleet.Tests", new Dictionary<string, string[]>
    {
        ["Access"] = ["Api", "Audit", "Settings"],
        ["Api"] = [],
        ["Audit"] = [],
        ["Boxes"] = ["Access", "Api", "Audit", "Settings", "Shards"],
        ["Cameras"] = ["Access", "Boxes"],
        ["Commands"] = ["Access", "Api", "Enrolment", "Settings"],
        ["DeadLetters"] = ["Access", "Api", "Audit", "Keys", "Settings"],
        ["Enrolment"] = ["Access", "Api", "Audit", "Boxes", "Settings", "Sites"],
        ["Health"] = ["Access", "Shards"],
        ["Holds"] = ["Access", "Api"],
        ["Keys"] = [],
        ["Metrics"] = ["Access", "Api", "Boxes", "Operation", "Settings"],
        ["Operation"] = ["Access", "Api", "Boxes", "DeadLetters", "Settings"],
        ["Portal"] = ["Settings"],
        ["Posters"] = ["Access", "Api", "Boxes", "RemoteAccess"],
        ["RemoteAccess"] = ["Access", "Api", "Boxes", "Settings"],
        ["Search"] = ["Access", "Api", "Settings"],
        ["Settings"] = [],
        ["Shards"] = ["Settings"],
        ["Sites"] = ["Access", "Api", "Audit"],
        ["Webhooks"] = ["Access", "Api", "Audit", "Settings"],
    });

    private static readonly Deployable Cloud = new("cloud/fleet/Heldar.Cloud", "Heldar.Cloud", "tests/Heldar.Cloud.Tests", new Dictionary<string, string[]>
    {
        ["Batches"] = ["DeadLetters", "Storage"],
        ["Coverage"] = ["Days", "Events", "Index"],
        ["Database"] = [],
        ["Days"] = [],
        ["DeadLetters"] = [],
        ["Detections"] = ["Batches", "Database", "Days", "Events"],
        ["Events"] = [],
        ["Gaps"] = ["Batches", "Events"],
        ["Holds"] = ["Batches"],
        ["Index"] = ["Database", "Holds", "Storage"],
        ["Mail"] = ["Outgoing"],
        ["Migrations"] = [],
        ["Outgoing"] = [],
        ["Queues"] = ["Storage"],
        ["Registry"] = ["Batches", "Database"],
        ["Secrets"] = [],
        ["Snapshots"] = ["Batches", "Database", "Days", "Events"],
        ["States"] = ["Batches", "Database"],
        ["Storage"] = [],
        ["Traces"] = [],
        ["Versions"] = ["Database", "Index"],
        ["Webhooks"] = ["Mail", "Outgoing", "Queues", "Secrets", "Traces"],
        ["Zones"] = ["Batches", "Database", "Days", "Events"],
    });

    private static readonly Deployable Functions = new("cloud/functions/Heldar.Functions", "Heldar.Functions", "tests/Heldar.Functions.Tests", new Dictionary<string, string[]>
    {
        ["ApplyHolds"] = ["Pipeline"],
        ["ApplyMended"] = ["Pipeline"],
        ["ApplyStates"] = ["Pipeline"],
        ["BuildIndex"] = ["Pipeline"],
        ["CountCoverage"] = ["Pipeline"],
        ["DeliverWebhook"] = ["Pipeline"],
        ["DrainPoison"] = ["Pipeline", "Settings"],
        ["FanOut"] = ["Pipeline"],
        ["FoldSpans"] = ["Pipeline"],
        ["Fronts"] = ["Pipeline", "Settings"],
        ["IndexDetections"] = ["Pipeline"],
        ["IndexSegments"] = ["Pipeline"],
        ["IndexSnapshots"] = ["Pipeline"],
        ["Pipeline"] = ["Settings"],
        ["RegisterBox"] = ["Pipeline"],
        ["RequeueWebhooks"] = ["Pipeline"],
        ["Settings"] = [],
        ["Telemetry"] = ["Settings"],
    });

    private static readonly Deployable Local = new("infra/local/Heldar.Local", "Heldar.Local", "tests/Heldar.Local.Tests", new Dictionary<string, string[]>
    {
        ["Cameras"] = ["Processes"],
        ["Capacity"] = ["Emulator", "FleetSim", "Processes", "Servers"],
        ["Commands"] = ["Cameras", "Capacity", "Drills", "Emulator", "FleetSim", "FunctionsHost", "Packaging", "Prerequisites", "Processes", "Smoke", "Testing"],
        ["Drills"] = ["Cameras", "Emulator", "FleetSim", "Judge", "Processes", "Servers"],
        ["Emulator"] = ["Cameras", "FunctionsHost", "Prerequisites", "Processes", "Servers"],
        ["FleetSim"] = ["Emulator", "Processes"],
        ["FunctionsHost"] = ["Processes"],
        ["Judge"] = ["Cameras", "Processes"],
        ["Packaging"] = ["Processes"],
        ["Prerequisites"] = ["Processes"],
        ["Processes"] = [],
        ["Servers"] = ["Processes"],
        ["Smoke"] = ["Cameras", "Emulator", "Judge", "Processes"],
        ["Testing"] = ["Prerequisites", "Processes", "Servers"],
    });

    private static readonly Deployable[] All = [Box, Media, Fleet, Cloud, Functions, Local];

    public static TheoryData<string> Folders => [.. All.Select(d => d.Folder)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Rooms_UseOnlyWhatTheGraphAllows(string folder) => Assert.Empty(RoomGraph.Forbidden(Edges(Of(folder)), Of(folder).Allowed));

    [Theory]
    [MemberData(nameof(Folders))]
    public void Graph_AllowsNothingThatNobodyUses(string folder) => Assert.Empty(RoomGraph.Unused(Edges(Of(folder)), Of(folder).Allowed));

    [Theory]
    [MemberData(nameof(Folders))]
    public void Graph_NamesEveryRoom_AndNoOther(string folder) => Assert.Equal(Of(folder).Rooms(), Of(folder).Allowed.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Folders))]
    public void Graph_HasNoCycle(string folder) => Assert.Null(RoomGraph.Cycle(Of(folder).Allowed));

    [Theory]
    [MemberData(nameof(Folders))]
    public void EveryRoom_HasAReadme(string folder)
    {
        var without = Of(folder).Rooms().Where(r => !File.Exists(Path.Combine(Repository.Root, folder, r, "README.md"))).ToList();

        Assert.Empty(without);
    }

    [Fact]
    public void Forbidden_FindsAnEdgeThatIsNotAllowed() =>
        Assert.Equal(["A → C"], RoomGraph.Forbidden([("A", "B"), ("A", "C"), ("B", "B")], new Dictionary<string, string[]> { ["A"] = ["B"], ["B"] = [] }));

    [Theory]
    [InlineData("var used = new X.B.Thing();")]
    [InlineData("var used = new B.Thing();")]
    [InlineData("var used = B.Thing.Limit;")]
    [InlineData("var used = nameof(B.Thing);")]
    [InlineData("var used = new Other();")]
    [InlineData("var used = C.Door.Open().Length;")]
    [InlineData("var used = 1.Twice();")]
    [InlineData("List<B.Thing>? used = null;")]
    public void Edges_SeeEveryWayToNameAThing(string statement) =>
        Assert.Contains(("A", "B"), Edges($"using X.B;\nusing Other = X.B.Thing;\nnamespace X.A; class User {{ void Use() {{ {statement} }} }}").Distinct());

    [Theory]
    [InlineData("namespace X.A; class User { int B => 1; int Use() => B; } // X.B.Thing")]
    [InlineData("namespace X.A; class User { string Use() => \"X.B.Thing\"; }")]
    [InlineData("namespace X.A; /// <summary>Not <see cref=\"B.Thing\"/>.</summary>\nclass User { }")]
    public void Edges_SeeNothing_WhereOnlyTextSaysSo(string source) => Assert.DoesNotContain(("A", "B"), Edges(source));

    [Fact]
    public void Unused_FindsAnEdgeThatNothingUses() =>
        Assert.Equal(["A → C"], RoomGraph.Unused([("A", "B")], new Dictionary<string, string[]> { ["A"] = ["B", "C"], ["B"] = [] }));

    [Fact]
    public void Cycle_IsFound() => Assert.Equal("A → B → A", RoomGraph.Cycle(new Dictionary<string, string[]> { ["A"] = ["B"], ["B"] = ["A"] }));

    private static Deployable Of(string folder) => All.Single(d => d.Folder == folder);

    private static IEnumerable<(string From, string To)> Edges(Deployable deployable) => SourceModel.Of(deployable.Folder, deployable.Namespace).Edges();

    private static IEnumerable<(string From, string To)> Edges(string source) => new SourceModel("X", new Dictionary<string, string>
    {
        ["A/User.cs"] = source,
        ["B/Thing.cs"] = "namespace X.B; class Thing { public const int Limit = 1; public int Length; } static class Numbers { public static int Twice(this int one) => one * 2; }",
        ["C/Door.cs"] = "namespace X.C; class Door { public static B.Thing Open() => new(); }",
    }).Edges();
}
