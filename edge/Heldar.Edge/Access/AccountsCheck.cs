using System.Data.Common;
using Heldar.Edge.Store;

namespace Heldar.Edge.Access;

/// <summary>What is said to whoever reads the box's console, and to nobody else: secrets that are seen once.</summary>
internal sealed record BoxConsole(TextWriter Out);

/// <summary>
/// At start: says so when the database lost the accounts, and prints a set-up code, as the very first start did. Whoever reads the console could do as much with
/// <c>heldar-edge setup-code</c>.
/// </summary>
internal sealed partial class AccountsCheck(IStoreReader reader, AccountMark mark, SetupCodes codes, BoxConsole console, ILogger<AccountsCheck> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await reader.ReadAsync(UserRows.Any, cancellationToken))
            {
                mark.Set();
                return;
            }
        }
        catch (DbException)
        {
            // Recording does not wait for the database, and nobody knows what it holds.
            return;
        }

        if (!mark.IsSet) return;
        mark.Lose();
        LogLost(AccountMark.LostText);
        await console.Out.WriteLineAsync($"Set-up code for the first account (works once, for {SetupCodes.Lifetime.TotalHours:0} hours): {codes.Create()}");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(3405, LogLevel.Error, "{Text}")]
    private partial void LogLost(string text);
}
