namespace Heldar.Architecture.Tests;

/// <summary>A log event's id names one message of its program, and its hundred one room.</summary>
public sealed class LogEventTests
{
    public static TheoryData<string, string> Assemblies => new()
    {
        { "edge/Heldar.Edge", "Heldar.Edge" },
        { "edge/Heldar.Media", "Heldar.Media" },
        { "cloud/fleet/Heldar.Cloud", "Heldar.Cloud" },
        { "cloud/fleet/Heldar.Fleet", "Heldar.Fleet" },
        { "cloud/functions/Heldar.Functions", "Heldar.Functions" },
        { "infra/local/Heldar.Local", "Heldar.Local" },
    };

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void EventIds_NameOneMessage_AndTheirHundredOneRoom(string folder, string rootNamespace) => Assert.Empty(Clashes(SourceModel.Of(folder, rootNamespace)));

    [Fact]
    public void EventIds_AreFoundAtAll() => Assert.True(SourceModel.Of("edge/Heldar.Edge", "Heldar.Edge").LogEvents().Count() > 20);

    [Fact]
    public void EventIds_ClashesAreFound()
    {
        var model = new SourceModel("X", new Dictionary<string, string>
        {
            ["A/Log.cs"] = "namespace X.A; partial class Log { const int Base = 100; [LoggerMessage(Base + 1, LogLevel.Error, \"a\")] partial void One(); [LoggerMessage(Level = LogLevel.Error)] partial void None(); }",
            ["A/More.cs"] = "namespace X.A; partial class More { [LoggerMessage(EventId = 101, Level = LogLevel.Error)] partial void Same(); }",
            ["B/Log.cs"] = "namespace X.B; partial class Log { [LoggerMessage(150, LogLevel.Error, \"b\")] partial void Near(); [LoggerMessage(200, LogLevel.Error, \"b\")] partial void Apart(); }",
        });

        Assert.Equal(
            ["101 is the id of A/Log.cs: One and A/More.cs: Same", "A/Log.cs: None states no event id", "ids from 100 to 199 are used by the rooms A and B"],
            Clashes(model).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Clashes(SourceModel model)
    {
        var events = model.LogEvents().ToList();
        return
        [
            .. events.Where(e => e.Id is null).Select(e => $"{e.Method} states no event id"),
            .. events.Where(e => e.Id is not null).GroupBy(e => e.Id!.Value).Where(g => g.Count() > 1).Select(g => $"{g.Key} is the id of {string.Join(" and ", g.Select(e => e.Method))}"),
            .. events.Where(e => e.Id is not null).GroupBy(e => e.Id!.Value / 100 * 100).Select(g => (g.Key, Rooms: g.Select(e => e.Room).Distinct(StringComparer.Ordinal).ToList()))
                .Where(g => g.Rooms.Count > 1).Select(g => $"ids from {g.Key} to {g.Key + 99} are used by the rooms {string.Join(" and ", g.Rooms)}"),
        ];
    }
}
