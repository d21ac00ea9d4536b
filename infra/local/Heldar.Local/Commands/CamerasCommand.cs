using System.CommandLine;
using Heldar.Local.Cameras;
using Heldar.Local.Prerequisites;

namespace Heldar.Local.Commands;

/// <summary><c>heldar cameras</c>: the simulator alone.</summary>
internal static class CamerasCommand
{
    private const string Help = """
        Run simulated RTSP cameras alone until Ctrl-C.

        Examples:
          ./heldar cameras --count 4                                          a varied set
          ./heldar cameras --codec h265 --height 2160 --fps 15 --gop 4        one 4K camera
          ./heldar cameras --count 16 --codec h264 --height 1080 --kbit 4000
        """;

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "cameras", DefaultValueFactory = _ => 1 };
        var codec = new Option<string?>("--codec") { Description = "h264 or h265; without it, a varied set" };
        var height = new Option<int>("--height") { Description = "360, 720, 1080, 1440 or 2160", DefaultValueFactory = _ => 1080 };
        var fps = new Option<int>("--fps") { Description = "frames per second, 1 to 60", DefaultValueFactory = _ => 25 };
        var gop = new Option<int>("--gop") { Description = "seconds between keyframes, 1 to 4", DefaultValueFactory = _ => 2 };
        var kbit = new Option<int?>("--kbit") { Description = "bit rate, kbit/s; a usual one for the size by default" };
        var audio = new Option<string>("--audio") { Description = "none, aac, pcmu or pcma", DefaultValueFactory = _ => "none" };
        var auth = new Option<string>("--auth") { Description = "digest, basic or none", DefaultValueFactory = _ => "digest" };
        var vtest = new Option<string>("--footage") { Description = "pattern or vtest", DefaultValueFactory = _ => "pattern" };
        codec.AcceptOnlyFromAmong("h264", "h265");
        height.AcceptOnlyFromAmong("360", "720", "1080", "1440", "2160");
        gop.AcceptOnlyFromAmong("1", "2", "3", "4");
        audio.AcceptOnlyFromAmong("none", "aac", "pcmu", "pcma");
        auth.AcceptOnlyFromAmong("digest", "basic", "none");
        vtest.AcceptOnlyFromAmong("pattern", "vtest");
        var command = new Command("cameras", Help) { count, codec, height, fps, gop, kbit, audio, auth, vtest };
        command.SetAction(async (parsed, cancellation) =>
        {
            await DebianPackages.EnsureAsync(DebianPackages.Run, Console.Error.WriteLine, cancellation);
            bool real = parsed.GetValue(vtest) == "vtest";
            IReadOnlyList<CameraSpec> cameras = CameraSpec.Varied(parsed.GetValue(count), real);
            if (parsed.GetValue(codec) is { } only)
            {
                int rate = parsed.GetValue(kbit) ?? FootageRecipe.UsualKilobits(only, parsed.GetValue(height));
                var footage = new FootageRecipe(only, parsed.GetValue(height), parsed.GetValue(fps), parsed.GetValue(gop), rate, real);
                cameras = [.. cameras.Select(camera => camera with { Footage = footage, Audio = parsed.GetRequiredValue(audio) })];
            }

            cameras = [.. cameras.Select(camera => camera with { Authentication = parsed.GetRequiredValue(auth) })];
            string folder = Directory.CreateTempSubdirectory("heldar-cameras-").FullName;
            try
            {
                CameraSimulatorOptions options = CameraSimulatorOptions.Free(folder);
                await using var simulator = new CameraSimulator(options, cameras);
                await simulator.StartAsync(cancellation);
                foreach (CameraSpec camera in cameras) Console.Out.WriteLine(simulator.Url(camera));
                Console.Out.WriteLine($"user {options.Username}, password {options.Password}; control http://127.0.0.1:{options.ControlPort}/; Ctrl-C ends");
                await simulator.Child!.WaitForExitAsync(cancellation);
                return 1;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }
}
