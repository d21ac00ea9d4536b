using System.CommandLine;

namespace Heldar.Edge.Settings;

/// <summary>The option <c>--config FILE</c>, which every command of a box has.</summary>
internal static class ConfigOption
{
    private const string Name = "--config";

    /// <summary>For the root command; it reaches into all others.</summary>
    public static Option<string> Create() => new(Name)
    {
        Description = "the settings of the box",
        HelpName = "FILE",
        DefaultValueFactory = _ => "heldar.yaml",
        Recursive = true,
    };

    /// <summary>The settings that the command line names.</summary>
    /// <exception cref="SettingsException">The file is missing or has mistakes; the message lists all of them.</exception>
    public static BoxSettings Read(ParseResult parsed) => SettingsReader.ReadFile(FileOf(parsed), Environment.GetEnvironmentVariable);

    /// <summary>The file that the command line names.</summary>
    public static string FileOf(ParseResult parsed) => parsed.GetRequiredValue<string>(Name);
}
