# The pipeline as a worker. Build from the root of the repository: docker build -f infra/docker/worker.Dockerfile -t heldar/worker:0.1.0 .
FROM mcr.microsoft.com/dotnet/sdk:10.0.401-alpine AS build
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY cloud/ cloud/
RUN dotnet publish cloud/functions/Heldar.Functions/Heldar.Functions.csproj --configuration Release --no-self-contained --artifacts-path /artifacts --output /published

FROM mcr.microsoft.com/dotnet/aspnet:10.0.12-alpine
WORKDIR /app
COPY --from=build /published/ ./
ENV HELDAR_HEALTH_ADDRESS=0.0.0.0 HELDAR_HEALTH_PORT=8080 DOTNET_EnableDiagnostics=0
EXPOSE 8080
USER 1654:1654
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["/app/heldar-functions", "worker"]
