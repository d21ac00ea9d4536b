using System.Text.Json;
using System.Text.RegularExpressions;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;

namespace Heldar.Architecture.Tests;

/// <summary>A queue's name lives in code once; function.json and Bicep must say the same.</summary>
public sealed class QueueNameTests
{
    private const string ShardSuffix = "-%HELDAR_SHARD%";

    [Fact]
    public void FunctionJson_NamesOnlyKnownQueues()
    {
        var triggers = QueueTriggers().ToList();

        Assert.NotEmpty(triggers);
        Assert.All(triggers, t => Assert.True(IsKnown(t.Queue), $"{t.Function} listens to {t.Queue}, which QueueNames does not have"));
    }

    [Theory]
    [InlineData("segments-%HELDAR_SHARD%", true)]
    [InlineData("segments-%HELDAR_SHARD%-poison", false)]
    [InlineData("segments", false)]
    [InlineData("segment-%HELDAR_SHARD%", false)]
    public void FunctionJson_CheckBites(string queue, bool known) => Assert.Equal(known, IsKnown(queue));

    [Fact]
    public void FunctionJson_ReadsExactBytes()
    {
        Assert.All(QueueTriggers(), t => Assert.Equal("binary", t.DataType));
    }

    [Fact]
    public void Functions_ExistForEveryHandler()
    {
        var functions = QueueTriggers()
            .ToDictionary(t => t.Queue.Replace(ShardSuffix, "", StringComparison.Ordinal), t => t.Function, StringComparer.Ordinal);

        Assert.All(EventTypes.All, t => Assert.Equal(functions.GetValueOrDefault(t.Queue), t.Handler));
    }

    [Fact]
    public void NoTrigger_ListensToAPoisonQueue()
    {
        // A host keeps what it cannot decode to itself; the timer that drains them reads whatever is there.
        Assert.All(QueueTriggers(), t => Assert.False(t.Queue.EndsWith(QueueNames.PoisonSuffix, StringComparison.Ordinal), $"{t.Function} listens to {t.Queue}"));
    }

    [Fact]
    public void Bicep_DeclaresExactlyTheQueues()
    {
        var text = Repository.Read("infra/bicep/storage.bicep");
        var list = Regex.Match(text, @"var\s+queueNames\s*=\s*\[(?<names>[^\]]*)\]", RegexOptions.None, TimeSpan.FromSeconds(5));

        Assert.True(list.Success, "storage.bicep must declare var queueNames = [ … ]");
        var names = Regex.Matches(list.Groups["names"].Value, "'([^']+)'", RegexOptions.None, TimeSpan.FromSeconds(5)).Select(m => m.Groups[1].Value);
        Assert.Equal(QueueNames.All.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    /// <summary>Queues that a function takes messages from: what scales by queues scales by these.</summary>
    internal static IReadOnlyList<string> Handled() => [.. QueueTriggers().Select(t => t.Queue.Replace(ShardSuffix, "", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static bool IsKnown(string queue) => queue.EndsWith(ShardSuffix, StringComparison.Ordinal) && QueueNames.All.Contains(queue[..^ShardSuffix.Length]);

    private static IEnumerable<(string Function, string Queue, string? DataType)> QueueTriggers()
    {
        foreach (var file in Repository.Files("cloud/functions/Heldar.Functions", "function.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var binding in json.RootElement.GetProperty("bindings").EnumerateArray())
            {
                if (binding.GetProperty("type").GetString() != "queueTrigger") continue;
                yield return (
                    Path.GetFileName(Path.GetDirectoryName(file))!,
                    binding.GetProperty("queueName").GetString()!,
                    binding.TryGetProperty("dataType", out var type) ? type.GetString() : null);
            }
        }
    }
}
