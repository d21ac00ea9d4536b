using System.CommandLine;
using System.Globalization;
using Heldar.Local.Packaging;
using Heldar.Local.Processes;

namespace Heldar.Local.Commands;

/// <summary><c>heldar package</c>.</summary>
internal static class PackageCommand
{
    private const string Help = """
        Make the tarball and the Debian package of a box, with the .NET runtime inside.

        Examples:
          ./heldar package --version 1.2.0
          ./heldar package --version 1.2.0 --arch arm64 --runtime aspnetcore-runtime-10.0.0-linux-arm64.tar.gz
        """;

    public static Command Create()
    {
        var version = new Option<string>("--version") { Description = "version of the package", DefaultValueFactory = _ => typeof(PackageCommand).Assembly.GetName().Version!.ToString(3) };
        var target = new Option<string>("--out") { Description = "folder for the files", DefaultValueFactory = _ => Repository.File("dist") };
        var machine = new Option<string>("--arch") { Description = "x64 or arm64", DefaultValueFactory = _ => "x64" };
        machine.AcceptOnlyFromAmong("x64", "arm64");
        var runtime = new Option<string?>("--runtime") { Description = "folder or .tar.gz of an official ASP.NET Core runtime to put in, where its packs cannot be restored" };
        var command = new Command("package", Help) { version, target, machine, runtime };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new PackageOptions(parsed.GetRequiredValue(version), Path.GetFullPath(parsed.GetRequiredValue(target)), Machine.Of(parsed.GetRequiredValue(machine)))
            {
                Runtime = parsed.GetValue(runtime),
                SourceDate = await SourceDateAsync(cancellation),
            };
            foreach (var file in await BoxPackages.MakeAsync(options.Validated(), Console.Error.WriteLine, cancellation)) Console.Out.WriteLine(file);
            return 0;
        });
        return command;
    }

    /// <summary>https://reproducible-builds.org/specs/source-date-epoch/, or the time of the last commit.</summary>
    private static async Task<long> SourceDateAsync(CancellationToken cancellation)
    {
        var text = Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH")
            ?? (await Tool.RunAsync("git", ["-C", Repository.Root, "log", "-1", "--format=%ct"], cancellation)).OutputOrThrow("git log: set SOURCE_DATE_EPOCH where there is no git; it").Trim();
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 253402300800
            ? seconds
            : throw new ProcessException($"SOURCE_DATE_EPOCH must be unix seconds; it is '{text}'");
    }
}
