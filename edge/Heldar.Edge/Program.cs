using Heldar.Edge;
using Heldar.Edge.Access;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Settings;
using NodaTime;

var command = BoxCommand.Parse(args);
if (command.Error is not null)
{
    await Console.Error.WriteLineAsync($"{command.Error}{Environment.NewLine}{BoxCommand.Usage}");
    return 2;
}

try
{
    switch (command.Verb)
    {
        case "help":
            Console.WriteLine(BoxCommand.Usage);
            return 0;
        case "version":
            Console.WriteLine(BoxVersion.Text);
            return 0;
        case "keys-add":
            return AddKey(command);
        default:
            await RunAsync(command);
            return 0;
    }
}
catch (Exception e) when (e is SettingsException or DataFolderInUseException or IOException or InvalidDataException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

static int AddKey(BoxCommand command)
{
    var settings = SettingsReader.ReadFile(command.Config, Environment.GetEnvironmentVariable);
    DataFolder.Create(settings.DataFolder);
    Console.WriteLine(new ApiKeys(settings.DataFolder, SystemClock.Instance).Add(command.Name!, Enum.Parse<BoxRole>(command.Role, ignoreCase: true)));
    return 0;
}

static async Task RunAsync(BoxCommand command)
{
    var settings = SettingsReader.ReadFile(command.Config, Environment.GetEnvironmentVariable);
    using var folder = DataFolder.Take(settings.DataFolder);
    await using var app = BoxApp.Build(settings, SystemClock.Instance);
    BoxApp.PrintFirstKey(app);
    await app.RunAsync();
}
