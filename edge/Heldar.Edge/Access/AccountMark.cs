using System.Text;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Access;

/// <summary>
/// Tells a database that lost its accounts from one that never had any: a file of the data folder that is made with the first account and stays. The last admin
/// cannot be removed, so a box that has it and no account has lost its database. Thread-safe.
/// </summary>
internal sealed class AccountMark(string dataFolder)
{
    /// <summary>What people are told, in health and log.</summary>
    public const string LostText =
        "the accounts of people are gone: the database is another one than they were in. API keys still work. Restore a backup of the box (heldar-edge restore), or make the accounts "
        + "anew, the first with a set-up code (printed at this start; 'heldar-edge setup-code' makes another)";

    private readonly string _file = Path.Combine(dataFolder, "accounts.made");
    private volatile bool _lost;

    /// <summary>Whether accounts were ever made in this data folder.</summary>
    public bool IsSet => File.Exists(_file);

    /// <summary>Accounts were made here and none is left.</summary>
    public bool IsLost => _lost;

    /// <summary>There are accounts.</summary>
    public void Set()
    {
        _lost = false;
        if (IsSet) return;
        try
        {
            KeyFile.Write(_file, Encoding.ASCII.GetBytes("accounts were made on this box; the database holds them\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The account is there; the next start makes the mark.
        }
    }

    /// <summary>Accounts were made here, but the database has none.</summary>
    public void Lose() => _lost = true;
}
