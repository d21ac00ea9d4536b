using System.CommandLine;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;

namespace Heldar.Local.Commands;

/// <summary><c>heldar up</c>.</summary>
internal static class UpCommand
{
    private const string Help = """
        Start everything on this machine, print the portal's address, and stay until Ctrl-C.

        Examples:
          ./heldar up                                two sites with four cameras
          ./heldar up --sites 3 --cameras 12         more of them
          ./heldar up --data /tmp/second             a second copy beside the first
          ./heldar up --footage vtest                real surveillance footage (from Debian's opencv-doc)
        """;

    public static Command Create()
    {
        var sites = new Option<int>("--sites") { Description = $"sites, one box each, 1 to {Site.Count}", DefaultValueFactory = _ => 2 };
        var cameras = new Option<int>("--cameras") { Description = "cameras in all, 1 to 64", DefaultValueFactory = _ => 4 };
        var segment = new Option<int>("--segment-seconds") { Description = "length of a segment, 2 to 300", DefaultValueFactory = _ => 30 };
        var footage = new Option<string>("--footage") { Description = "what the cameras show: pattern or vtest", DefaultValueFactory = _ => "pattern" };
        var noBrowser = new Option<bool>("--no-browser") { Description = "do not open the portal in a browser" };
        Option<string> data = DataFolder.Option();
        footage.AcceptOnlyFromAmong("pattern", "vtest");
        Range(sites, 1, Site.Count);
        Range(cameras, 1, 64);
        Range(segment, 2, 300);
        var command = new Command("up", Help) { sites, cameras, segment, footage, data, noBrowser };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new StackOptions(parsed.GetRequiredValue(data))
            {
                Sites = parsed.GetValue(sites),
                Cameras = CameraSpec.Varied(parsed.GetValue(cameras), parsed.GetValue(footage) == "vtest"),
                SegmentSeconds = parsed.GetValue(segment),
                KeepPorts = true,
            };
            await StackPrerequisites.EnsureAsync(Console.Out.WriteLine, cancellation);
            await using (Stack stack = await Stack.StartAsync(options, Console.Out.WriteLine, cancellation))
            {
                await GreetAsync(stack, openBrowser: !parsed.GetValue(noBrowser), cancellation);
                await new UpView(stack).RunAsync(cancellation);
                Console.Out.WriteLine("stopping");
            }

            Console.Out.WriteLine("stopped");
            return 0;
        });
        return command;
    }

    private static async Task GreetAsync(Stack stack, bool openBrowser, CancellationToken cancellation)
    {
        string? code = await stack.SetupCodeAsync(cancellation);
        Console.Out.WriteLine();
        Console.Out.WriteLine($"  Portal:     {stack.Fleet}");
        if (code is not null) Console.Out.WriteLine($"  Setup code: {code}   (once, for the first account)");
        foreach (Box box in stack.Boxes) Console.Out.WriteLine($"  {box.Name}:       {box.Url} at {box.Site.Name}");
        Console.Out.WriteLine($"  Data:       {stack.Folder.Root}");
        Console.Out.WriteLine();
        if (openBrowser && Environment.GetEnvironmentVariable("DISPLAY") is { Length: > 0 } && Tool.Find("xdg-open") is { } open)
            await Tool.RunAsync(open, [stack.Fleet.ToString()], cancellation);
    }

    private static void Range(Option<int> option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is var value && (value < least || value > most)) result.AddError($"{option.Name} is {value}, but must be {least} to {most}");
    });
}
