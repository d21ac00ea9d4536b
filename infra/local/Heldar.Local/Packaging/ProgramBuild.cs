using System.Text;
using Heldar.Local.Processes;

namespace Heldar.Local.Packaging;

/// <summary>Builds the box for a machine into a folder that holds all that it needs, its .NET runtime included.</summary>
internal static class ProgramBuild
{
    private const string Project = "edge/Heldar.Edge";

    /// <summary>Publishes and composes the program's folder.</summary>
    /// <exception cref="ProcessException">The build failed, a native file is for another processor, or no runtime for the machine is at hand; the message says what to fetch.</exception>
    public static async Task MakeAsync(PackageOptions options, string folder, string scratch, Action<string> progress, CancellationToken cancellation)
    {
        var published = Path.Combine(scratch, "published");
        if (options.Runtime is null)
        {
            progress($"building the box for linux-{options.Machine.Name} with its runtime");
            await PublishAsync(options, ["-r", "linux-" + options.Machine.Name, "--self-contained", "-p:PublishReadyToRun=true"], published, scratch, cancellation);
            Compose(options, published, folder, runtime: null);
            Elf.Verify(folder, options.Machine);
            return;
        }

        var runtime = await DotnetRuntime.OpenAsync(options.Runtime, options.Machine, Path.Combine(scratch, "runtime"), cancellation);
        progress($"building the portable box, to be put beside the runtime of {options.Runtime}");
        await PublishAsync(options, ["--no-self-contained", "-p:UseAppHost=false"], published, scratch, cancellation);
        Compose(options, published, folder, runtime);
        Elf.Verify(folder, options.Machine);
    }

    /// <summary>Takes of a published folder what belongs into the package, and adds the runtime when it is apart.</summary>
    public static void Compose(PackageOptions options, string published, string folder, DotnetRuntime? runtime)
    {
        FileTree.Copy(published, folder, file => IsWanted(file, options.Machine));
        if (runtime is not null)
        {
            runtime.CopyTo(Path.Combine(folder, "dotnet"));
            File.WriteAllText(
                Path.Combine(folder, "heldar-edge"),
                "#!/bin/sh\n# The program of this folder, run by the .NET runtime of this folder.\nhere=$(dirname \"$(readlink -f \"$0\")\")\nexec \"$here/dotnet/dotnet\" \"$here/heldar-edge.dll\" \"$@\"\n",
                new UTF8Encoding(false));
        }

        File.WriteAllText(Path.Combine(folder, "VERSION"), options.Version + "\n");
    }

    private static bool IsWanted(string file, Machine machine)
    {
        if (file.EndsWith(".xml", StringComparison.Ordinal)) return false;
        return !file.StartsWith("runtimes/", StringComparison.Ordinal) || file.StartsWith($"runtimes/linux-{machine.Name}/", StringComparison.Ordinal);
    }

    private static async Task PublishAsync(PackageOptions options, string[] kind, string target, string scratch, CancellationToken cancellation)
    {
        var artifacts = Path.Combine(scratch, "artifacts");
        // The generator of log methods writes its classes in the order of identity hash codes, which threads decide: with one thread in a compiler of its own it is
        // always the same. To be removed when dotnet/runtime orders them (LoggerMessageGenerator, ToImmutableHashSet).
        var compiler = Path.Combine(scratch, "csc.rsp");
        await File.WriteAllTextAsync(compiler, "/parallel-\n", cancellation);
        var done = await Tool.RunAsync(
            "dotnet",
            [
                "publish", Repository.File(Project), "-c", "Release", .. kind, "-o", target, "--artifacts-path", artifacts, "-v", "quiet", "-nologo", "-nodeReuse:false",
                $"-p:Version={options.Version}", "-p:UseSharedCompilation=false", $"-p:CompilerResponseFile={compiler}", $"-p:PathMap={Repository.Root}=/heldar%2c{artifacts}=/artifacts",
            ],
            cancellation);
        if (done.ExitCode != 0 && (done.Output + done.Error).Contains("NU1101", StringComparison.Ordinal))
        {
            throw new ProcessException(
                $"the .NET runtime packs for linux-{options.Machine.Name} cannot be restored from this machine's package source (NU1101). Fetch aspnetcore-runtime-10.0.*-linux-{options.Machine.Name}.tar.gz "
                + "from https://dotnet.microsoft.com/download/dotnet/10.0, compare its SHA-512 with the page, and pass it: ./heldar package "
                + $"--arch {options.Machine.Name} --runtime FILE");
        }

        _ = done.OutputOrThrow("dotnet publish");
    }
}
