# The environment on any machine with Docker; JupyterLab is reached from that machine only, with the token that it prints:
#   docker build -t hadamard . && docker run --rm -it -p 127.0.0.1:8888:8888 hadamard
# The steps are those of the README; tests/tools/test_container.py holds them equal to tools/setup.
FROM debian:bookworm-slim

# What tools/setup takes from apt, and what the README asks for beforehand.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        build-essential ca-certificates curl git libopenblas-dev make patch pkg-config python3 python3-venv util-linux \
    && rm -rf /var/lib/apt/lists/*

ARG USER_ID=1000
RUN useradd --create-home --shell /bin/bash --uid ${USER_ID} hadamard
USER hadamard
ENV HOME=/home/hadamard
ENV PATH=$HOME/.cargo/bin:$PATH
RUN curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain 1.95.0

# Made by the user, who will write to it; WORKDIR alone would make it root's.
RUN mkdir $HOME/clone
WORKDIR /home/hadamard/clone
COPY --chown=hadamard:hadamard . .
# Twenty minutes on 2 cores, nearly all of it compiling.
RUN make setup

EXPOSE 8888
# All addresses of the container; which of the machine's lead there is for `docker run -p` to say.
CMD ["make", "lab", "LAB_IP=0.0.0.0", "LAB_FLAGS=--no-browser"]
