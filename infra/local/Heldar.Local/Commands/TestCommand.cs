using System.CommandLine;
using Heldar.Local.Testing;

namespace Heldar.Local.Commands;

/// <summary><c>heldar test</c>.</summary>
internal static class TestCommand
{
    public static Command Create()
    {
        var filter = new Option<string?>("--filter") { Description = "only test classes whose full name matches, with * as wildcard, for example '*.Seals.*'" };
        var command = new Command("test", "Build everything and run all tests. The last line is 'N passed, N failed, N skipped'.") { filter };
        command.SetAction(async (parsed, cancellation) =>
        {
            var totals = await new TestRun(Console.Out).RunAsync(parsed.GetValue(filter), cancellation);
            Console.Out.WriteLine(totals);
            return totals.Failed == 0 && totals.Passed > 0 ? 0 : 1;
        });
        return command;
    }
}
