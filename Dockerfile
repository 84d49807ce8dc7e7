# Lints files, without cluster access: docker run --rm -v "$PWD:/work" IMAGE lint
FROM python:3.13-slim AS build
WORKDIR /opt/authmap
COPY pyproject.toml README.md LICENSE ./
COPY authmap authmap
RUN python3 -m venv .venv && .venv/bin/pip install -q .

FROM python:3.13-slim
COPY --from=build /opt/authmap/.venv /opt/authmap/.venv
ENV PATH="/opt/authmap/.venv/bin:$PATH"
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["authmap"]
CMD ["lint"]
