# The pipeline under the Azure Functions host, as a custom handler. Build from the root of the repository:
# docker build -f infra/docker/functions.Dockerfile -t heldar/functions:0.1.0 .
# Flex Consumption takes a package instead of an image; this one is for Premium plans, Container Apps and trials.
FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble AS build
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY cloud/ cloud/
RUN dotnet publish cloud/functions/Heldar.Functions/Heldar.Functions.csproj --configuration Release --runtime linux-x64 --self-contained --artifacts-path /artifacts --output /published

FROM mcr.microsoft.com/azure-functions/base:4.0
COPY --from=build /published/ /home/site/wwwroot/
# The host keeps keys and logs in these two folders.
RUN mkdir -p /home/LogFiles /azure-functions-host/Secrets && chown -R 1654:1654 /home/LogFiles /azure-functions-host/Secrets
# It listens on a port that needs no rights.
ENV AzureWebJobsScriptRoot=/home/site/wwwroot FUNCTIONS_WORKER_RUNTIME=custom ASPNETCORE_URLS=http://0.0.0.0:8080 DOTNET_EnableDiagnostics=0 HOME=/tmp
EXPOSE 8080
USER 1654:1654
HEALTHCHECK --interval=15s --timeout=10s --start-period=90s --retries=3 CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080"]
