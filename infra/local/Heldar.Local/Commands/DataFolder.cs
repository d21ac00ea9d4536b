using System.CommandLine;

namespace Heldar.Local.Commands;

/// <summary>The option <c>--data</c>, which several commands share.</summary>
internal static class DataFolder
{
    /// <summary>Makes the option.</summary>
    public static Option<string> Option() => new("--data")
    {
        Description = "data folder; another one runs a second copy beside the first",
        DefaultValueFactory = _ => Repository.File(".heldar"),
    };
}
