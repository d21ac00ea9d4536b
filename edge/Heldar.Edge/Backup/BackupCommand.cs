using System.CommandLine;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Backup;

/// <summary><c>heldar-edge backup</c>.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var target = new Option<string>("--out") { Description = "the file to write; it must not exist", Required = true, HelpName = "FILE" };
        var passphrase = Passphrase.Option();
        var plain = new Option<bool>("--plain") { Description = "do not encrypt: whoever gets the file has every key of this box (it is written with mode 0600)" };
        var command = new Command("backup", "Keep settings, keys and database in one file, encrypted (age) with a passphrase. The box may run. Footage is not in it.") { target, passphrase, plain };
        command.SetAction(parsed =>
        {
            var secret = Passphrase.Read(parsed.GetValue(passphrase));
            if (secret is null == !parsed.GetValue(plain)) throw new BackupException("give either --passphrase-file (or HELDAR_BACKUP_PASSPHRASE), or --plain: the backup holds every key of this box");
            var writer = new BackupWriter(ConfigOption.Read(parsed), SystemClock.Instance);
            var files = writer.Write(parsed.GetRequiredValue(target), secret);
            foreach (var note in writer.Notes) Console.Error.WriteLine("note: " + note);
            Console.WriteLine($"{files.Count} files in {Path.GetFullPath(parsed.GetRequiredValue(target))}");
            return 0;
        });
        return command;
    }
}

/// <summary><c>heldar-edge restore</c>.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var from = new Option<string>("--from") { Description = "the backup", Required = true, HelpName = "FILE" };
        var passphrase = Passphrase.Option();
        var command = new Command("restore", "Bring a backup back to where --config says, and its data folder to where the settings say. Nothing may be there yet.") { from, passphrase };
        command.SetAction(parsed =>
        {
            var config = ConfigOption.FileOf(parsed);
            var data = Restorer.Restore(parsed.GetRequiredValue(from), config, Passphrase.Read(parsed.GetValue(passphrase)));
            Console.WriteLine($"settings are in {Path.GetFullPath(config)}, keys and database in {data}; see heldar-edge doctor before the first start");
            return 0;
        });
        return command;
    }
}

/// <summary>Where the passphrase comes from: never from the command line, which everybody on the machine can read.</summary>
internal static class Passphrase
{
    private const int MinLength = 12;

    public static Option<string?> Option() => new("--passphrase-file") { Description = "file whose first line is the passphrase, at least 12 characters; HELDAR_BACKUP_PASSPHRASE instead", HelpName = "FILE" };

    public static Secret? Read(string? file)
    {
        var text = file is null ? Environment.GetEnvironmentVariable("HELDAR_BACKUP_PASSPHRASE") : File.ReadLines(file).FirstOrDefault() ?? "";
        if (text is null) return null;
        return text.Length >= MinLength ? new Secret(text) : throw new BackupException($"a passphrase needs at least {MinLength} characters");
    }
}
