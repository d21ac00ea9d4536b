using System.CommandLine;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary><c>heldar-edge keys add</c>: makes an API key and prints it once.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var name = new Option<string>("--name") { Description = "what the key is for, 1 to 100 characters", Required = true };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value.Length: < 1 or > 100 }]) result.AddError("--name needs 1 to 100 characters");
        });
        var role = new Option<string>("--role") { Description = "admin or viewer", DefaultValueFactory = _ => "admin" };
        role.AcceptOnlyFromAmong("admin", "viewer");
        var add = new Command("add", "Make an API key and print it once.") { name, role };
        add.SetAction(parsed =>
        {
            var settings = ConfigOption.Read(parsed);
            DataFolder.Create(settings.DataFolder);
            Console.WriteLine(new ApiKeys(settings.DataFolder, SystemClock.Instance).Add(parsed.GetRequiredValue(name), Enum.Parse<BoxRole>(parsed.GetRequiredValue(role), ignoreCase: true)));
            return 0;
        });
        return new Command("keys", "API keys of this box.") { add };
    }
}
