using Heldar.Contracts.Timers;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Microsoft.Extensions.DependencyInjection;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>The fleet judges timers by the table of Contracts, so it has to name what really runs.</summary>
public sealed class TimerTableTests
{
    [Fact]
    public async Task TimerTable_NamesEveryTimer_WithItsInterval()
    {
        var options = new FunctionsOptions("Host=127.0.0.1;Database=none;Username=none", "UseDevelopmentStorage=true", "0", null, 0, 1);
        await using var services = new ServiceCollection().AddLogging().AddHandlers(options).BuildServiceProvider();

        var timers = services.GetServices<ITimerFunction>().Select(t => (t.Name, t.Interval)).ToList();

        Assert.NotEmpty(timers);
        Assert.Equal(TimerTable.All.Select(t => (t.Name, t.Interval)).Order(), timers.Order());
    }
}
