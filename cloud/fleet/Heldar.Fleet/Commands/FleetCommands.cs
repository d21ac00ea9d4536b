using System.CommandLine;
using Heldar.Cloud.Database;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Contracts;
using Heldar.Fleet.Access;
using Heldar.Fleet.Enrolment;
using Heldar.Fleet.Settings;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Commands;

/// <summary>The command line: no command serves; the others do one thing over the database and end. All migrate first. Secrets go to standard output alone.</summary>
internal static class FleetCommands
{
    /// <summary>Settings or arguments are wrong.</summary>
    private const int BadSettings = 2;

    public static RootCommand Create(Func<string, string?> variable, TextWriter output, TextWriter errors)
    {
        var root = new RootCommand("Heldar fleet service: enrolment, search, portal. Without a command it serves.") { MigrateCommand(), SetupCodeCommand(), TokenCommand(), IndexCommands.Create(WithServicesAsync, output, errors) };
        root.SetAction((_, cancellation) => WithOptionsAsync(serving: true, async options =>
        {
            await MigrateAsync(options, cancellation);
            await using var app = FleetApp.Create(options);
            await app.RunAsync(cancellation);
            return 0;
        }));
        return root;

        Command MigrateCommand()
        {
            var command = new Command("migrate", "Bring the database to this version's schema.");
            command.SetAction((_, cancellation) => WithOptionsAsync(serving: false, async options =>
            {
                await MigrateAsync(options, cancellation);
                return 0;
            }));
            return command;
        }

        Command SetupCodeCommand()
        {
            var command = new Command("setup-code", "Print a one-time code, valid for 24 hours, that makes the first account.");
            command.SetAction((_, cancellation) => WithServicesAsync(async services =>
            {
                string? code = await services.GetRequiredService<People>().CreateSetupCodeAsync(Names.DefaultTenant, cancellation);
                if (code is null) await errors.WriteLineAsync("an account exists already: sign in with it");
                else await output.WriteLineAsync(code);
                return 0;
            }, cancellation));
            return command;
        }

        Command TokenCommand()
        {
            var site = new Option<string>("--site") { Description = "Site that the box belongs to; it is made when missing.", Required = true };
            var name = new Option<string?>("--site-name") { Description = "What people call the site; for a new one." };
            var zone = new Option<string>("--time-zone") { Description = "IANA time zone of a new site.", DefaultValueFactory = _ => "Etc/UTC" };
            var minutes = new Option<int>("--minutes") { Description = "How long the token is valid, 1 to 1440.", DefaultValueFactory = _ => 15 };
            var command = new Command("enrolment-token", "Print a one-time token with which one box enrols.") { site, name, zone, minutes };
            command.SetAction((arguments, cancellation) => WithServicesAsync(
                async services =>
                {
                    var request = new TokenRequest(arguments.GetValue(site)!, arguments.GetValue(minutes));
                    var token = await services.GetRequiredService<EnrolmentTokens>()
                        .CreateWithSiteAsync(Names.DefaultTenant, request, arguments.GetValue(name), arguments.GetValue(zone)!, "command line", cancellation);
                    await output.WriteLineAsync(token.Token);
                    return 0;
                },
                cancellation));
            return command;
        }

        Task<int> WithServicesAsync(Func<IServiceProvider, Task<int>> work, CancellationToken cancellation) => WithOptionsAsync(serving: false, async options =>
        {
            await MigrateAsync(options, cancellation);
            await using var services = new ServiceCollection().AddLogging().AddFleet(options).BuildServiceProvider();
            return await work(services);
        });

        async Task<int> WithOptionsAsync(bool serving, Func<FleetOptions, Task<int>> work)
        {
            var (options, mistakes) = FleetOptionsReader.Read(variable, serving);
            foreach (string mistake in mistakes) await errors.WriteLineAsync(mistake);
            if (mistakes.Count > 0) return BadSettings;
            try
            {
                return await work(options);
            }
            catch (Api.BadInputException wrong)
            {
                await errors.WriteLineAsync(wrong.Message);
                return BadSettings;
            }
        }
    }

    private static async Task MigrateAsync(FleetOptions options, CancellationToken cancellation)
    {
        await using var database = DatabaseServiceCollectionExtensions.Create(options.Database, maxPool: 1);
        await Migrator.MigrateAsync(database, cancellation);
        if (options.PipelineDatabase is { } pipeline) await GiveRightsAsync(database, pipeline, cancellation);
        await IndexPartitions.EnsureAsync(database, SystemClock.Instance.GetCurrentInstant(), cancellation);
    }

    private static async Task GiveRightsAsync(NpgsqlDataSource database, string pipeline, CancellationToken cancellation)
    {
        try
        {
            await PipelineRole.EnsureAsync(database, pipeline, cancellation);
        }
        catch (InvalidOperationException refused)
        {
            throw new Api.BadInputException($"HELDAR_PIPELINE_DATABASE: {refused.Message}");
        }
    }
}
