// Made from /v1/units by tools/types.ts; `INOS_WRITE=1 npx vitest run generated` writes it anew.

export interface Params {
    /**
     * InfoParams
     * What to say of a file.
     */
    "audio.info": {
        /**
         * Whether all of the sound is read, so that its length is known and not only what the file says.
         * @default false
         */
        count?: boolean;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
    };
    /**
     * Nothing
     * Nothing is done to the sound.
     */
    "audio.convert": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
    };
    /**
     * PipelineParams
     * Steps, one after the other.
     */
    "audio.pipeline": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * What is done to the first input, in this order.
         * @example [
         *       {
         *         "db": -6,
         *         "step": "gain"
         *       }
         *     ]
         */
        steps: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
    };
    /**
     * Resample
     * Changes the rate of a sound, not its pitch nor its length.
     */
    "audio.resample": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * Format: uint32
         * The new rate, in frames a second (Hz).
         * @example 48000
         */
        rate_hz: number;
    };
    /**
     * Gain
     * Makes a sound louder or softer.
     */
    "audio.gain": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * By how much, in decibels.
         * @example -6
         */
        db: number;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
    };
    /**
     * Normalize
     * Brings a sound to a loudness or a peak; one of the two is wanted. Silence stays as it is.
     */
    "audio.normalize": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
         *     looked at where `peak_db` is given as well, and the sound stays softer than that.
         * @default null
         * @example -16
         */
        lufs?: number | null;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * Format: double
         * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
         * @default null
         * @example -1
         */
        peak_db?: number | null;
    };
    /**
     * Trim
     * Keeps a part of a sound.
     */
    "audio.trim": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * Where it ends, in seconds; at the end of the sound where nothing is given.
         * @default null
         * @example 4
         */
        end_s?: number | null;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * Format: double
         * Where it begins, in seconds, to the nearest frame.
         * @default 0
         * @example 1.5
         */
        start_s?: number;
    };
    /**
     * Fade
     * Lets a sound begin and end softly.
     */
    "audio.fade": {
        /**
         * How it rises and falls.
         * @default linear
         */
        curve?: "linear" | "equal_power";
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * How long it takes to full loudness at the beginning, in seconds.
         * @default 0
         * @example 0.5
         */
        in_s?: number;
        /**
         * Format: double
         * How long it takes to silence at the end, in seconds.
         * @default 0
         * @example 2
         */
        out_s?: number;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
    };
    /**
     * Reverse
     * Plays a sound backwards.
     */
    "audio.reverse": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
    };
    /**
     * Channels
     * Makes other channels: a usual set, a pick, or a sum for each. One of the three is wanted.
     */
    "audio.channels": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * How much of each channel goes into each new one, as a factor: a row for each new one.
         * @default null
         * @example [
         *       [
         *         0.5,
         *         0.5
         *       ]
         *     ]
         */
        matrix?: number[][] | null;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * Which channel each new one is, from 0.
         * @default null
         * @example [
         *       1,
         *       0
         *     ]
         */
        pick?: number[] | null;
        /**
         * A usual set.
         * @example mono
         */
        to?: ("mono" | "stereo" | "swap") | null;
    };
    /**
     * Filter
     * Lets some frequencies pass more than others: a biquad (RBJ).
     */
    "audio.filter": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * The frequency in Hz: below half of the sound's rate.
         * @example 80
         */
        frequency_hz: number;
        /**
         * Format: double
         * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
         * @default 0
         * @example 3
         */
        gain_db?: number;
        /**
         * What it does.
         * @example highpass
         */
        kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * Format: double
         * How narrow it is; 0.7071 is a Butterworth's.
         * @default 0.7071067811865476
         * @example 2
         */
        q?: number;
    };
    /**
     * Delay
     * Repeats a sound after a time, again and again, softer each time. It becomes longer by its echoes.
     */
    "audio.delay": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * How much of each repetition is in the next, as a factor.
         * @default 0.4
         * @example 0.4
         */
        feedback?: number;
        /**
         * Format: double
         * How loud the first repetition is beside the sound, as a factor.
         * @default 0.5
         * @example 0.5
         */
        mix?: number;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * Format: double
         * How long until it is heard again, in seconds, to the nearest frame.
         * @example 0.25
         */
        time_s: number;
    };
    /**
     * Reverb
     * Lets a sound stand in a room. It becomes longer by the time that the room sounds on.
     */
    "audio.reverb": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * How much faster high frequencies die: 0 as low ones, 1 at once.
         * @default 0.3
         * @example 0.3
         */
        damping?: number;
        /**
         * Format: double
         * How much of the room is heard, from 0 to 1; the rest is the sound itself.
         * @default 0.3
         * @example 0.3
         */
        mix?: number;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * Format: double
         * How long until the room answers, in seconds.
         * @default 0
         * @example 0.02
         */
        pre_delay_s?: number;
        /**
         * Format: double
         * How long it takes until the room is 60 dB softer, in seconds (RT60).
         * @default 1.8
         * @example 1.8
         */
        rt60_s?: number;
        /**
         * Format: double
         * How large the room is: 1 is a hall, 0.2 a chamber.
         * @default 1
         * @example 1
         */
        size?: number;
    };
    /**
     * Convolve
     * Lets a sound sound as another input answers: each channel by the answer's channel of the same number, or by its only one.
     */
    "audio.convolve": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: uint32
         * The number of the input that is the answer (an impulse response), brought to the sound's rate.
         * @default 1
         * @example 1
         */
        input?: number;
        /**
         * Format: double
         * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
         * @default 1
         * @example 1
         */
        mix?: number;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
    };
    /**
     * MixParams
     * All inputs at a time, each brought to the first one's rate and channels.
     */
    "audio.mix": {
        /**
         * When each input begins, in seconds; those that are not named begin at once. The first one always does.
         * @default []
         * @example [
         *       0,
         *       2.5
         *     ]
         */
        at_s?: number[];
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * How much louder or softer each input is made, in decibels; those that are not named stay as they are.
         * @default []
         * @example [
         *       0,
         *       -6
         *     ]
         */
        gains_db?: number[];
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
    };
    /**
     * Crossfade
     * Lets another input follow, the end of one fading into the beginning of the other. It is brought to the sound's rate and
     *     channels.
     */
    "audio.crossfade": {
        /**
         * How they rise and fall.
         * @default equal_power
         */
        curve?: "linear" | "equal_power";
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
         * @example 2
         */
        duration_s: number;
        /**
         * Format: uint32
         * The number of the input that follows.
         * @default 1
         * @example 1
         */
        input?: number;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
    };
    /**
     * Scene
     * Sources and a listener.
     */
    "audio.spatial": {
        /**
         * Whether the air takes high frequencies.
         * @default true
         */
        air?: boolean;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Whether a sound takes its time to come, so that what moves changes its pitch.
         * @default true
         */
        doppler?: boolean;
        /**
         * Format: double
         * The radius of the head, in metres.
         * @default 0.0875
         * @example 0.0875
         */
        head_radius_m?: number;
        /** A measured head for headphones, such as SOFA files have, in place of a sphere with outer ears. */
        hrir?: {
            /**
             * The directions in the order of the answers: how far to the left of ahead and how far up, in degrees, as in SOFA files.
             * @example [
             *       [
             *         0,
             *         0
             *       ],
             *       [
             *         90,
             *         0
             *       ],
             *       [
             *         270,
             *         0
             *       ]
             *     ]
             */
            directions: number[][];
            /**
             * Format: uint32
             * The number of the input that has the answers of the left and the right ear to each direction, one after the other, at
             *     the rate of the first input.
             * @example 1
             */
            input: number;
            /**
             * Format: uint32
             * How long each answer is, in samples.
             * @example 256
             */
            length: number;
        } | null;
        /**
         * Format: double
         * Its relative humidity, in percent.
         * @default 50
         * @example 50
         */
        humidity_percent?: number;
        /** Who hears; in the middle and looking ahead where nothing is given. */
        listener?: {
            /**
             * Where the nose points.
             * @default [
             *       0,
             *       0,
             *       -1
             *     ]
             */
            forward?: number[];
            /**
             * Where the middle of the head is, in metres.
             * @default [
             *       0,
             *       0,
             *       0
             *     ]
             */
            position?: number[];
            /**
             * Format: double
             * When, in seconds.
             * @default 0
             * @example 0
             */
            time_s?: number;
            /**
             * Where the crown points.
             * @default [
             *       0,
             *       1,
             *       0
             *     ]
             */
            up?: number[];
        }[];
        /**
         * For headphones or for loudspeakers.
         * @default binaural
         */
        mode?: "binaural" | "stereo";
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * Format: double
         * The distance at which a source is as loud as its file, in metres; nearer ones are no louder.
         * @default 1
         * @example 1
         */
        reference_m?: number;
        /**
         * Format: double
         * How fast it becomes softer: 1 is half as loud (-6 dB) at double the distance, 0 is not at all.
         * @default 1
         * @example 1
         */
        rolloff?: number;
        /**
         * What is heard, each brought to one channel.
         * @example [
         *       {
         *         "path": [
         *           {
         *             "position": [
         *               2,
         *               0,
         *               0
         *             ]
         *           }
         *         ]
         *       }
         *     ]
         */
        sources: {
            /**
             * Format: double
             * How much louder or softer it is, in decibels.
             * @default 0
             * @example 0
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input.
             * @default 0
             * @example 0
             */
            input?: number;
            /** Where it is when; from each place to the next it moves evenly. */
            path: {
                /**
                 * To the right, upwards and backwards, in metres, at most 1,000 from the middle.
                 * @example [
                 *       1,
                 *       0,
                 *       -2
                 *     ]
                 */
                position: number[];
                /**
                 * Format: double
                 * When, in seconds.
                 * @default 0
                 * @example 0
                 */
                time_s?: number;
            }[];
        }[];
        /**
         * Format: double
         * The temperature of the air, in degrees Celsius.
         * @default 20
         * @example 20
         */
        temperature_c?: number;
    };
    /**
     * FftParams
     * What to transform.
     */
    "audio.fft": {
        /**
         * Format: uint32
         * Which channel is heard, from 0; the mean of all where nothing is given.
         * @default null
         * @example 0
         */
        channel?: number | null;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: uint32
         * How many samples are transformed; silence follows a sound that is shorter.
         * @default 4096
         * @example 4096
         */
        length?: number;
        /**
         * Format: uint32
         * How many of the strongest peaks are told.
         * @default 10
         * @example 10
         */
        peaks?: number;
        /**
         * Format: double
         * Where they begin, in seconds.
         * @default 0
         * @example 0
         */
        start_s?: number;
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
        /**
         * How they rise and fall.
         * @default hann
         */
        window?: "hann" | "hamming" | "blackman" | "blackman_harris" | "rectangular";
    };
    /**
     * StftParams
     * How to transform.
     */
    "audio.stft": {
        /**
         * Whether the first frame has its middle at the first sample, silence before it; else it begins there.
         * @default true
         */
        center?: boolean;
        /**
         * Format: uint32
         * Which channel is heard, from 0; the mean of all where nothing is given.
         * @default null
         * @example 0
         */
        channel?: number | null;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: uint32
         * From one frame to the next, in samples; a quarter of the length where nothing is given.
         * @default null
         * @example 512
         */
        hop?: number | null;
        /**
         * Format: uint32
         * The length of a frame, in samples.
         * @default 2048
         * @example 2048
         */
        length?: number;
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
        /**
         * How a frame rises and falls.
         * @default hann
         */
        window?: "hann" | "hamming" | "blackman" | "blackman_harris" | "rectangular";
    };
    /**
     * IstftParams
     * How a sound was cut whose frames are put together again.
     */
    "audio.istft": {
        /**
         * Whether the first frame has its middle at the first sample.
         * @default true
         */
        center?: boolean;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: uint32
         * From one frame to the next, in samples; a quarter of the length where nothing is given.
         * @default null
         * @example 512
         */
        hop?: number | null;
        /** The file that is written. */
        output?: {
            /**
             * Whether triangular noise of one step (TPDF dither) is added before samples become whole numbers.
             * @default false
             */
            dither?: boolean;
            /**
             * Its form.
             * @default wav
             * @example flac
             */
            format?: "wav" | "flac";
            /**
             * Format: uint8
             * How hard FLAC tries, from 0 (fast) to 8 (small).
             * @default 5
             * @example 5
             */
            level?: number;
            /**
             * How its samples are written: as those of the first input where nothing is given, `s16` where that is lossy.
             * @example s24
             */
            sample?: ("s16" | "s24" | "s32" | "f32") | null;
        };
        /**
         * Format: uint32
         * The rate of the sound, in Hz.
         * @example 44100
         */
        rate_hz: number;
        /**
         * Format: uint64
         * How many samples the sound has; as many as its frames reach where nothing is given.
         * @default null
         */
        samples?: number | null;
        /**
         * How a frame rises and falls.
         * @default hann
         */
        window?: "hann" | "hamming" | "blackman" | "blackman_harris" | "rectangular";
    };
    /**
     * SpectrogramParams
     * How to look at a sound.
     */
    "audio.spectrogram": {
        /**
         * Whether the first frame has its middle at the first sample, silence before it; else it begins there.
         * @default true
         */
        center?: boolean;
        /**
         * Format: uint32
         * Which channel is heard, from 0; the mean of all where nothing is given.
         * @default null
         * @example 0
         */
        channel?: number | null;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * How far below full scale the least is that is told, in decibels.
         * @default 90
         * @example 90
         */
        db_range?: number;
        /**
         * Format: double
         * The highest frequency of a picture, in Hz; half of the rate where nothing is given.
         * @default null
         * @example 8000
         */
        high_hz?: number | null;
        /**
         * Format: uint32
         * From one frame to the next, in samples; a quarter of the length where nothing is given.
         * @default null
         * @example 512
         */
        hop?: number | null;
        /**
         * Format: uint32
         * The length of a frame, in samples.
         * @default 2048
         * @example 2048
         */
        length?: number;
        /**
         * Format: double
         * The lowest frequency of a picture, in Hz; on a logarithmic scale at least 20.
         * @default 0
         * @example 0
         */
        low_hz?: number;
        /**
         * A picture or numbers.
         * @default png
         */
        output?: "png" | "npy";
        /**
         * How frequencies lie in a picture.
         * @default mel
         */
        scale?: "linear" | "log" | "mel";
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
        /**
         * What a value of the numbers is.
         * @default db
         */
        value?: "amplitude" | "power" | "db";
        /**
         * How a frame rises and falls.
         * @default hann
         */
        window?: "hann" | "hamming" | "blackman" | "blackman_harris" | "rectangular";
    };
    /**
     * MelParams
     * The bands of a mel scale.
     */
    "audio.mel": {
        /**
         * Format: uint32
         * How many bands.
         * @default 128
         * @example 128
         */
        bands?: number;
        /**
         * Whether the first frame has its middle at the first sample, silence before it; else it begins there.
         * @default true
         */
        center?: boolean;
        /**
         * Format: uint32
         * Which channel is heard, from 0; the mean of all where nothing is given.
         * @default null
         * @example 0
         */
        channel?: number | null;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Whether values are decibels of the power, at least -100, and not the power itself.
         * @default false
         */
        db?: boolean;
        /**
         * Format: double
         * The highest frequency, in Hz; half of the rate where nothing is given.
         * @default null
         * @example 8000
         */
        high_hz?: number | null;
        /**
         * Format: uint32
         * From one frame to the next, in samples; a quarter of the length where nothing is given.
         * @default null
         * @example 512
         */
        hop?: number | null;
        /**
         * Format: uint32
         * The length of a frame, in samples.
         * @default 2048
         * @example 2048
         */
        length?: number;
        /**
         * Format: double
         * The lowest frequency, in Hz.
         * @default 0
         * @example 0
         */
        low_hz?: number;
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
        /**
         * How a frame rises and falls.
         * @default hann
         */
        window?: "hann" | "hamming" | "blackman" | "blackman_harris" | "rectangular";
    };
    /**
     * MfccParams
     * Cepstral coefficients of the mel scale.
     */
    "audio.mfcc": {
        /**
         * Format: uint32
         * How many bands.
         * @default 128
         * @example 128
         */
        bands?: number;
        /**
         * Whether the first frame has its middle at the first sample, silence before it; else it begins there.
         * @default true
         */
        center?: boolean;
        /**
         * Format: uint32
         * Which channel is heard, from 0; the mean of all where nothing is given.
         * @default null
         * @example 0
         */
        channel?: number | null;
        /**
         * Format: uint32
         * How many coefficients, at most as many as there are bands.
         * @default 20
         * @example 20
         */
        coefficients?: number;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Whether values are decibels of the power, at least -100, and not the power itself.
         * @default false
         */
        db?: boolean;
        /**
         * Format: double
         * The highest frequency, in Hz; half of the rate where nothing is given.
         * @default null
         * @example 8000
         */
        high_hz?: number | null;
        /**
         * Format: uint32
         * From one frame to the next, in samples; a quarter of the length where nothing is given.
         * @default null
         * @example 512
         */
        hop?: number | null;
        /**
         * Format: uint32
         * The length of a frame, in samples.
         * @default 2048
         * @example 2048
         */
        length?: number;
        /**
         * Format: double
         * The lowest frequency, in Hz.
         * @default 0
         * @example 0
         */
        low_hz?: number;
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
        /**
         * How a frame rises and falls.
         * @default hann
         */
        window?: "hann" | "hamming" | "blackman" | "blackman_harris" | "rectangular";
    };
    /**
     * ChromaParams
     * The power of each of the twelve tones of an octave.
     */
    "audio.chroma": {
        /**
         * Whether the first frame has its middle at the first sample, silence before it; else it begins there.
         * @default true
         */
        center?: boolean;
        /**
         * Format: uint32
         * Which channel is heard, from 0; the mean of all where nothing is given.
         * @default null
         * @example 0
         */
        channel?: number | null;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: uint32
         * From one frame to the next, in samples; a quarter of the length where nothing is given.
         * @default null
         * @example 512
         */
        hop?: number | null;
        /**
         * Format: uint32
         * The length of a frame, in samples.
         * @default 2048
         * @example 2048
         */
        length?: number;
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
        /**
         * Format: double
         * The pitch of the A above middle C, in Hz.
         * @default 440
         * @example 440
         */
        tuning_hz?: number;
        /**
         * How a frame rises and falls.
         * @default hann
         */
        window?: "hann" | "hamming" | "blackman" | "blackman_harris" | "rectangular";
    };
    /**
     * OnsetsParams
     * What counts as a beginning.
     */
    "audio.onsets": {
        /**
         * Format: uint32
         * Which channel is heard, from 0; the mean of all where nothing is given.
         * @default null
         * @example 0
         */
        channel?: number | null;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * The shortest time from one beginning to the next, in seconds.
         * @default 0.05
         * @example 0.05
         */
        min_gap_s?: number;
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
        /**
         * Format: double
         * By how much a frame must gain more than those around it, as a part of the strongest gain of the sound.
         * @default 0.1
         * @example 0.1
         */
        threshold?: number;
    };
    /**
     * PitchParams
     * Where to look for a pitch.
     */
    "audio.pitch": {
        /**
         * Format: uint32
         * Which channel is heard, from 0; the mean of all where nothing is given.
         * @default null
         * @example 0
         */
        channel?: number | null;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * The highest pitch, in Hz.
         * @default 1000
         * @example 1000
         */
        high_hz?: number;
        /**
         * Format: double
         * From one pitch to the next, in seconds.
         * @default 0.01
         * @example 0.01
         */
        hop_s?: number;
        /**
         * Format: double
         * The lowest pitch, in Hz.
         * @default 60
         * @example 60
         */
        low_hz?: number;
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
        /**
         * Format: double
         * How much of a frame may differ from itself one period later: less is stricter.
         * @default 0.15
         * @example 0.15
         */
        threshold?: number;
    };
    /**
     * LoudnessParams
     * Nothing is asked.
     */
    "audio.loudness": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
    };
    /**
     * LevelsParams
     * Nothing is asked.
     */
    "audio.levels": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
    };
    /**
     * PeaksParams
     * How fine an outline is.
     */
    "audio.peaks": {
        /**
         * Format: uint32
         * Which channel is heard, from 0; the mean of all where nothing is given.
         * @default null
         * @example 0
         */
        channel?: number | null;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Numbers or a picture.
         * @default json
         */
        output?: "json" | "png";
        /**
         * Format: uint32
         * How many parts; a sound of fewer samples has fewer.
         * @default 800
         * @example 800
         */
        points?: number;
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
    };
    /**
     * SilenceParams
     * What counts as silence.
     */
    "audio.silence": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "skip";
        /**
         * Format: double
         * How long it must last, in seconds.
         * @default 0.5
         * @example 0.5
         */
        min_s?: number;
        /**
         * What is done to the sound before.
         * @example [
         *       {
         *         "end_s": 10,
         *         "step": "trim"
         *       }
         *     ]
         */
        steps?: ({
            /**
             * Format: uint32
             * The new rate, in frames a second (Hz).
             * @example 48000
             */
            rate_hz: number;
            step: "resample";
        } | {
            /**
             * Format: double
             * By how much, in decibels.
             * @example -6
             */
            db: number;
            step: "gain";
        } | {
            /**
             * Format: double
             * The integrated loudness after EBU R 128, in LUFS. Samples may then go beyond full scale: the highest true peak is
             *     looked at where `peak_db` is given as well, and the sound stays softer than that.
             * @default null
             * @example -16
             */
            lufs?: number | null;
            /**
             * Format: double
             * The highest sample, in decibels below full scale (dBFS); -1 where neither is given.
             * @default null
             * @example -1
             */
            peak_db?: number | null;
            step: "normalize";
        } | {
            /**
             * Format: double
             * Where it ends, in seconds; at the end of the sound where nothing is given.
             * @default null
             * @example 4
             */
            end_s?: number | null;
            /**
             * Format: double
             * Where it begins, in seconds, to the nearest frame.
             * @default 0
             * @example 1.5
             */
            start_s?: number;
            step: "trim";
        } | {
            /**
             * How it rises and falls.
             * @default linear
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long it takes to full loudness at the beginning, in seconds.
             * @default 0
             * @example 0.5
             */
            in_s?: number;
            /**
             * Format: double
             * How long it takes to silence at the end, in seconds.
             * @default 0
             * @example 2
             */
            out_s?: number;
            step: "fade";
        } | {
            step: "reverse";
        } | {
            /**
             * How much of each channel goes into each new one, as a factor: a row for each new one.
             * @default null
             * @example [
             *       [
             *         0.5,
             *         0.5
             *       ]
             *     ]
             */
            matrix?: number[][] | null;
            /**
             * Which channel each new one is, from 0.
             * @default null
             * @example [
             *       1,
             *       0
             *     ]
             */
            pick?: number[] | null;
            step: "channels";
            /**
             * A usual set.
             * @example mono
             */
            to?: ("mono" | "stereo" | "swap") | null;
        } | {
            /**
             * Format: double
             * The frequency in Hz: below half of the sound's rate.
             * @example 80
             */
            frequency_hz: number;
            /**
             * Format: double
             * By how much `peaking`, `low_shelf` and `high_shelf` lift or lower, in decibels.
             * @default 0
             * @example 3
             */
            gain_db?: number;
            /**
             * What it does.
             * @example highpass
             */
            kind: "lowpass" | "highpass" | "bandpass" | "notch" | "allpass" | "peaking" | "low_shelf" | "high_shelf";
            /**
             * Format: double
             * How narrow it is; 0.7071 is a Butterworth's.
             * @default 0.7071067811865476
             * @example 2
             */
            q?: number;
            step: "filter";
        } | {
            /**
             * Format: double
             * How much of each repetition is in the next, as a factor.
             * @default 0.4
             * @example 0.4
             */
            feedback?: number;
            /**
             * Format: double
             * How loud the first repetition is beside the sound, as a factor.
             * @default 0.5
             * @example 0.5
             */
            mix?: number;
            step: "delay";
            /**
             * Format: double
             * How long until it is heard again, in seconds, to the nearest frame.
             * @example 0.25
             */
            time_s: number;
        } | {
            /**
             * Format: double
             * How much faster high frequencies die: 0 as low ones, 1 at once.
             * @default 0.3
             * @example 0.3
             */
            damping?: number;
            /**
             * Format: double
             * How much of the room is heard, from 0 to 1; the rest is the sound itself.
             * @default 0.3
             * @example 0.3
             */
            mix?: number;
            /**
             * Format: double
             * How long until the room answers, in seconds.
             * @default 0
             * @example 0.02
             */
            pre_delay_s?: number;
            /**
             * Format: double
             * How long it takes until the room is 60 dB softer, in seconds (RT60).
             * @default 1.8
             * @example 1.8
             */
            rt60_s?: number;
            /**
             * Format: double
             * How large the room is: 1 is a hall, 0.2 a chamber.
             * @default 1
             * @example 1
             */
            size?: number;
            step: "reverb";
        } | {
            /**
             * Format: uint32
             * The number of the input that is the answer (an impulse response), brought to the sound's rate.
             * @default 1
             * @example 1
             */
            input?: number;
            /**
             * Format: double
             * How much of the answer is heard, from 0 to 1; the rest is the sound itself.
             * @default 1
             * @example 1
             */
            mix?: number;
            step: "convolve";
        } | {
            /**
             * Format: double
             * When it begins, in seconds.
             * @default 0
             * @example 0
             */
            at_s?: number;
            /**
             * Format: double
             * How much louder or softer it is made, in decibels.
             * @default 0
             * @example -6
             */
            gain_db?: number;
            /**
             * Format: uint32
             * The number of the input that is added.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "mix";
        } | {
            /**
             * How they rise and fall.
             * @default equal_power
             */
            curve?: "linear" | "equal_power";
            /**
             * Format: double
             * How long both are heard, in seconds: none is a plain join, and neither sound may be shorter.
             * @example 2
             */
            duration_s: number;
            /**
             * Format: uint32
             * The number of the input that follows.
             * @default 1
             * @example 1
             */
            input?: number;
            step: "crossfade";
        })[];
        /**
         * Format: double
         * The level, below full scale (dBFS), under which all channels are silent.
         * @default -60
         * @example -60
         */
        threshold_db?: number;
    };
    /**
     * Rules
     * Parameters of `simulate`: the world, its rules, and what is told of it.
     */
    "boids.simulate": {
        /**
         * Format: uint32
         * How many birds.
         * @default 1000
         * @example 10000
         */
        count?: number;
        /**
         * Format: float
         * How much time passes in a step, in seconds.
         * @default 0.01666666753590107
         * @example 0.016
         */
        dt?: number;
        /**
         * What happens at the edge of the world: birds come in on the other side and see across, bounce off, or turn before
         *     it.
         * @default wrap
         * @example wrap
         */
        edge?: "wrap" | "bounce" | "steer";
        /**
         * Balls that birds avoid.
         * @default []
         * @example [
         *       {
         *         "center": [
         *           30,
         *           30,
         *           30
         *         ],
         *         "radius": 5
         *       }
         *     ]
         */
        obstacles?: {
            /** Its middle. */
            center: number[];
            /**
             * Format: float
             * Its radius.
             */
            radius: number;
        }[];
        /**
         * What comes out: records of eight f32 for each bird and snapshot (place, quaternion, kind), what can be said of each
         *     snapshot in JSON, or a picture from above, which moves where there are several snapshots (APNG).
         * @default records
         * @example records
         */
        output?: "records" | "statistics" | "preview";
        /**
         * Format: float
         * How far a bird sees; at most a third of the world's length.
         * @default 2
         * @example 2
         */
        perception?: number;
        /**
         * Format: uint32
         * How many hunters there are: they fly to where birds near them are, and birds flee them.
         * @default 0
         * @example 2
         */
        predators?: number;
        /**
         * Format: uint64
         * The same seed gives the same flight.
         * @default 0
         * @example 42
         */
        seed?: number;
        /**
         * Format: float
         * Nearer than this it keeps apart.
         * @default 1
         * @example 1
         */
        separation_radius?: number;
        /**
         * Format: float
         * Length of the world along each axis; 0 makes it so large that there is half a bird in each unit of volume.
         * @default 0
         * @example 60
         */
        side?: number;
        /**
         * Format: uint32
         * After how many steps each a snapshot is taken; 0 is once, at the end.
         * @default 0
         * @example 60
         */
        snapshot_every?: number;
        /**
         * What each kind of bird weighs up; birds are of these kinds by turns.
         * @default [
         *       {
         *         "alignment": 1,
         *         "cohesion": 0.800000011920929,
         *         "separation": 1.5
         *       }
         *     ]
         * @example [
         *       {
         *         "alignment": 1,
         *         "cohesion": 0.8,
         *         "separation": 1.5
         *       }
         *     ]
         */
        species?: {
            /**
             * Format: float
             * How strongly it flies as its neighbours do.
             * @default 1
             */
            alignment?: number;
            /**
             * Format: float
             * How strongly it flies to where its neighbours are.
             * @default 0.800000011920929
             */
            cohesion?: number;
            /**
             * Format: float
             * How strongly it keeps apart.
             * @default 1.5
             */
            separation?: number;
        }[];
        /**
         * Format: float
         * The fastest a bird flies.
         * @default 2
         * @example 2
         */
        speed_max?: number;
        /**
         * Format: float
         * The slowest a bird flies.
         * @default 0.5
         * @example 0.5
         */
        speed_min?: number;
        /**
         * Format: uint32
         * How many steps of time pass.
         * @default 100
         * @example 600
         */
        steps?: number;
    };
    /**
     * Params
     * Parameters of `evolve`.
     */
    "boids.evolve": {
        /**
         * Format: float
         * How likely a young bird has genes of two parents.
         * @default 0.699999988079071
         * @example 0.7
         */
        crossover?: number;
        /**
         * Format: float
         * The part of a generation that lives on unchanged, the fittest first.
         * @default 0.10000000149011612
         * @example 0.1
         */
        elites?: number;
        /**
         * Format: uint32
         * How many generations there are.
         * @default 30
         * @example 30
         */
        generations?: number;
        /**
         * Format: uint32
         * How many islands there are.
         * @default 1
         * @example 4
         */
        islands?: number;
        /**
         * Format: uint32
         * How many birds it sends.
         * @default 2
         * @example 2
         */
        migrants?: number;
        /**
         * Format: uint32
         * After how many generations each island sends its fittest to the next; 0 is never.
         * @default 5
         * @example 5
         */
        migrate_every?: number;
        /**
         * Format: float
         * How likely each gene of a young bird changes.
         * @default 0.10000000149011612
         * @example 0.1
         */
        mutation?: number;
        /**
         * Format: float
         * How far a gene changes at most, as a part of its range.
         * @default 0.20000000298023224
         * @example 0.2
         */
        mutation_size?: number;
        /**
         * Format: uint32
         * How many birds each island has.
         * @default 200
         * @example 200
         */
        population?: number;
        /**
         * Format: uint64
         * The same seed gives the same course of things.
         * @default 0
         * @example 42
         */
        seed?: number;
        /**
         * Whether the fitter are preferred; without it parents are chosen blindly, to compare with.
         * @default true
         * @example true
         */
        selection?: true | false;
        /**
         * Format: uint32
         * How many steps a generation flies.
         * @default 120
         * @example 120
         */
        steps?: number;
        /**
         * Format: uint32
         * How many birds compete to be a parent; the fittest of them is.
         * @default 3
         * @example 3
         */
        tournament?: number;
    };
    /**
     * Params
     * Parameters of `session`: the world, its rules, and how it is stepped.
     */
    "boids.session": {
        /**
         * What it does while nobody follows the region: `run`, `rest` or `stop`.
         * @default rest
         * @example rest
         */
        alone?: "run" | "rest" | "stop";
        /**
         * Format: uint32
         * How much of each second its steps may take, in milliseconds: what it costs in a second is bounded by this.
         * @default 500
         * @example 500
         */
        busy_ms?: number;
        /**
         * Format: uint32
         * How many birds.
         * @default 1000
         * @example 10000
         */
        count?: number;
        /**
         * Format: float
         * How much time passes in a step, in seconds; as long as a beat where nothing is said.
         * @example 0.016
         */
        dt?: number;
        /**
         * What happens at the edge of the world: birds come in on the other side and see across, bounce off, or turn before
         *     it.
         * @default wrap
         * @example wrap
         */
        edge?: "wrap" | "bounce" | "steer";
        /**
         * Format: double
         * How many steps a second, at most; a step that comes late is not made up for.
         * @default 10
         * @example 30
         */
        hz?: number;
        /**
         * Format: uint32
         * For how long it counts as followed once it began, and once the last who followed it has left, in milliseconds.
         * @default 5000
         * @example 5000
         */
        linger_ms?: number;
        /**
         * Balls that birds avoid.
         * @default []
         * @example [
         *       {
         *         "center": [
         *           30,
         *           30,
         *           30
         *         ],
         *         "radius": 5
         *       }
         *     ]
         */
        obstacles?: {
            /** Its middle. */
            center: number[];
            /**
             * Format: float
             * Its radius.
             */
            radius: number;
        }[];
        /**
         * Format: float
         * How far a bird sees; at most a third of the world's length.
         * @default 2
         * @example 2
         */
        perception?: number;
        /**
         * Whether the region survives a restart of the server; the session then goes on from what it holds, where that is a
         *     state of this session. Each step waits for the disk.
         * @default false
         * @example false
         */
        persistent?: boolean;
        /**
         * Format: uint32
         * How many hunters there are: they fly to where birds near them are, and birds flee them.
         * @default 0
         * @example 2
         */
        predators?: number;
        /**
         * The region that is stepped, of the account whose job it is; none is one with a name that
         *     fits the method. It is made where there is none, and what it held before is gone, unless `persistent` says otherwise.
         * @default flock
         * @example world
         */
        region?: string;
        /**
         * Format: uint64
         * The same seed gives the same flight.
         * @default 0
         * @example 42
         */
        seed?: number;
        /**
         * Format: float
         * Nearer than this it keeps apart.
         * @default 1
         * @example 1
         */
        separation_radius?: number;
        /**
         * Format: float
         * Length of the world along each axis; 0 makes it so large that there is half a bird in each unit of volume.
         * @default 0
         * @example 60
         */
        side?: number;
        /**
         * What each kind of bird weighs up; birds are of these kinds by turns.
         * @default [
         *       {
         *         "alignment": 1,
         *         "cohesion": 0.800000011920929,
         *         "separation": 1.5
         *       }
         *     ]
         * @example [
         *       {
         *         "alignment": 1,
         *         "cohesion": 0.8,
         *         "separation": 1.5
         *       }
         *     ]
         */
        species?: {
            /**
             * Format: float
             * How strongly it flies as its neighbours do.
             * @default 1
             */
            alignment?: number;
            /**
             * Format: float
             * How strongly it flies to where its neighbours are.
             * @default 0.800000011920929
             */
            cohesion?: number;
            /**
             * Format: float
             * How strongly it keeps apart.
             * @default 1.5
             */
            separation?: number;
        }[];
        /**
         * Format: float
         * The fastest a bird flies.
         * @default 2
         * @example 2
         */
        speed_max?: number;
        /**
         * Format: float
         * The slowest a bird flies.
         * @default 0.5
         * @example 0.5
         */
        speed_min?: number;
        /**
         * Format: uint64
         * After how many steps it is done; 0 is never.
         * @default 0
         * @example 1000
         */
        steps?: number;
    };
    /**
     * Params
     * Parameters of `blake3`.
     */
    "compute.blake3": {
        /**
         * Context of the key to derive; the input is the key material. Not together with `key`.
         * @example example.com 2026-01-01 session tokens v1
         */
        context?: string;
        /**
         * How the digest is written: lower-case hexadecimal text, the bytes themselves, or padded base64 text.
         * @default hex
         * @example hex
         */
        encoding?: "hex" | "raw" | "base64";
        /**
         * Key of 32 bytes as 64 hexadecimal digits, for a keyed digest. A secret, which is recorded nowhere. Not together with
         *     `context`.
         * @example 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
         */
        key?: string;
        /**
         * Format: uint32
         * Length of the digest in bytes. A longer digest begins with the shorter one.
         * @default 32
         * @example 32
         */
        length?: number;
    };
    /**
     * Params
     * Parameters of `sha256` and `sha512`.
     */
    "compute.sha256": {
        /**
         * How the digest is written: lower-case hexadecimal text, the bytes themselves, or padded base64 text.
         * @default hex
         * @example hex
         */
        encoding?: "hex" | "raw" | "base64";
    };
    /**
     * Params
     * Parameters of `sha256` and `sha512`.
     */
    "compute.sha512": {
        /**
         * How the digest is written: lower-case hexadecimal text, the bytes themselves, or padded base64 text.
         * @default hex
         * @example hex
         */
        encoding?: "hex" | "raw" | "base64";
    };
    /**
     * Params
     * Parameters of `brotli_compress`.
     */
    "compute.brotli_compress": {
        /**
         * What the input is: anything, text in UTF-8, or a WOFF 2.0 font.
         * @default generic
         * @example text
         */
        mode?: "generic" | "text" | "font";
        /**
         * Format: uint8
         * Effort: 0 is fastest, 11 smallest.
         * @default 5
         * @example 9
         */
        quality?: number;
        /**
         * Format: uint8
         * Window as a power of two, in bytes: 22 is 4 MiB. Whoever decompresses needs this much memory.
         * @default 22
         * @example 24
         */
        window?: number;
    };
    /**
     * Params
     * Parameters of `brotli_decompress`.
     */
    "compute.brotli_decompress": {
        /**
         * Format: uint64
         * The most bytes that may come out; one more ends the job.
         * @default 268435456
         * @example 1048576
         */
        output_bytes_max?: number;
        /**
         * Format: uint64
         * The most bytes that may come out for each byte read, counted once 1 MiB has come out.
         * @default 1000
         * @example 1000
         */
        ratio_max?: number;
    };
    /**
     * Params
     * Parameters of `counter`.
     */
    "compute.counter": {
        /**
         * What it does while nobody follows the region: `run`, `rest` or `stop`.
         * @default rest
         * @example rest
         */
        alone?: "run" | "rest" | "stop";
        /**
         * Format: uint32
         * How much of each second its steps may take, in milliseconds: what it costs in a second is bounded by this.
         * @default 500
         * @example 500
         */
        busy_ms?: number;
        /**
         * Format: uint64
         * The number that it begins with.
         * @default 0
         * @example 0
         */
        from?: number;
        /**
         * Format: double
         * How many steps a second, at most; a step that comes late is not made up for.
         * @default 10
         * @example 30
         */
        hz?: number;
        /**
         * Format: uint32
         * For how long it counts as followed once it began, and once the last who followed it has left, in milliseconds.
         * @default 5000
         * @example 5000
         */
        linger_ms?: number;
        /**
         * Whether the region survives a restart of the server; the session then goes on from what it holds, where that is a
         *     state of this session. Each step waits for the disk.
         * @default false
         * @example false
         */
        persistent?: boolean;
        /**
         * The region that is stepped, of the account whose job it is; none is one with a name that
         *     fits the method. It is made where there is none, and what it held before is gone, unless `persistent` says otherwise.
         * @default counter
         * @example world
         */
        region?: string;
        /**
         * Format: uint64
         * After how many steps it is done; 0 is never.
         * @default 0
         * @example 1000
         */
        steps?: number;
    };
    /**
     * Params
     * Parameters of `life`.
     */
    "compute.life": {
        /**
         * What it does while nobody follows the region: `run`, `rest` or `stop`.
         * @default rest
         * @example rest
         */
        alone?: "run" | "rest" | "stop";
        /**
         * Format: uint32
         * How much of each second its steps may take, in milliseconds: what it costs in a second is bounded by this.
         * @default 500
         * @example 500
         */
        busy_ms?: number;
        /**
         * Format: double
         * How many of all cells are alive at the beginning, where there is no pattern.
         * @default 0.3
         * @example 0.3
         */
        density?: number;
        /**
         * Format: uint32
         * How many rows.
         * @default 64
         * @example 128
         */
        height?: number;
        /**
         * Format: double
         * How many steps a second, at most; a step that comes late is not made up for.
         * @default 10
         * @example 30
         */
        hz?: number;
        /**
         * Format: uint32
         * For how long it counts as followed once it began, and once the last who followed it has left, in milliseconds.
         * @default 5000
         * @example 5000
         */
        linger_ms?: number;
        /**
         * What is alive at the beginning, in the middle of the board, as run length encoding: `bob$2bo$3o!` is a glider.
         * @example bob$2bo$3o!
         */
        pattern?: string;
        /**
         * Whether the region survives a restart of the server; the session then goes on from what it holds, where that is a
         *     state of this session. Each step waits for the disk.
         * @default false
         * @example false
         */
        persistent?: boolean;
        /**
         * The region that is stepped, of the account whose job it is; none is one with a name that
         *     fits the method. It is made where there is none, and what it held before is gone, unless `persistent` says otherwise.
         * @default life
         * @example world
         */
        region?: string;
        /**
         * With how many living neighbours a cell is born and survives.
         * @default B3/S23
         * @example B36/S23
         */
        rule?: string;
        /**
         * Format: uint64
         * The same seed gives the same beginning.
         * @default 0
         * @example 42
         */
        seed?: number;
        /**
         * Format: uint64
         * After how many steps it is done; 0 is never.
         * @default 0
         * @example 1000
         */
        steps?: number;
        /**
         * Format: uint32
         * How many columns the board has.
         * @default 64
         * @example 128
         */
        width?: number;
        /**
         * Whether the board's edges touch: then a glider that leaves on one side comes in on the other. Otherwise everything
         *     beyond is dead.
         * @default true
         * @example true
         */
        wrap?: boolean;
    };
    "crypto.hash": {
        /**
         * Which digest.
         * @default sha256
         * @example blake3
         */
        algorithm?: "sha256" | "sha384" | "sha512" | "sha3_256" | "sha3_512" | "blake2b" | "blake3";
        /**
         * How the bytes are written: hexadecimal text, base64 text, or as they are.
         * @default hex
         * @example raw
         */
        encoding?: "hex" | "base64" | "raw";
    };
    "crypto.hmac": {
        /**
         * Which digest the code is made with.
         * @default sha256
         * @example sha512
         */
        algorithm?: "sha256" | "sha384" | "sha512";
        /**
         * How the bytes are written: hexadecimal text, base64 text, or as they are.
         * @default hex
         * @example raw
         */
        encoding?: "hex" | "base64" | "raw";
        /**
         * The key. As hexadecimal digits.
         * @example 0000
         */
        key?: string;
        /**
         * A key that the server holds for you, in place of `key`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
    } & (unknown | unknown);
    "crypto.hmac_verify": {
        /**
         * Which digest the code is made with.
         * @default sha256
         * @example sha512
         */
        algorithm?: "sha256" | "sha384" | "sha512";
        /**
         * The key. As hexadecimal digits.
         * @example 0000
         */
        key?: string;
        /**
         * A key that the server holds for you, in place of `key`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
        /**
         * The code to hold the input to; a shortened one has 16 bytes at least. As hexadecimal digits.
         * @example 00000000000000000000000000000000
         */
        tag: string;
    } & (unknown | unknown);
    "crypto.seal": {
        /**
         * What is not secret and must be the same to open the message. As hexadecimal digits.
         * @example 0000
         */
        aad?: string;
        /**
         * Which cipher.
         * @default aes-256-gcm
         * @example xchacha20-poly1305
         */
        cipher?: "aes-256-gcm" | "chacha20-poly1305" | "xchacha20-poly1305";
        /**
         * The key. As hexadecimal digits.
         * @example 0000000000000000000000000000000000000000000000000000000000000000
         */
        key?: string;
        /**
         * A key that the server holds for you, in place of `key`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
        /**
         * 12 bytes, 24 for XChaCha20: never the same twice with a key, or both messages are lost. As hexadecimal digits.
         * @example 000000000000000000000000
         */
        nonce: string;
    } & (unknown | unknown);
    "crypto.open": {
        /**
         * What is not secret and must be the same to open the message. As hexadecimal digits.
         * @example 0000
         */
        aad?: string;
        /**
         * Which cipher.
         * @default aes-256-gcm
         * @example xchacha20-poly1305
         */
        cipher?: "aes-256-gcm" | "chacha20-poly1305" | "xchacha20-poly1305";
        /**
         * The key. As hexadecimal digits.
         * @example 0000000000000000000000000000000000000000000000000000000000000000
         */
        key?: string;
        /**
         * A key that the server holds for you, in place of `key`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
        /**
         * Which version of the held key; without it the newest, or whichever fits.
         * @example 1
         */
        key_version?: number;
        /**
         * 12 bytes, 24 for XChaCha20: never the same twice with a key, or both messages are lost. As hexadecimal digits.
         * @example 000000000000000000000000
         */
        nonce: string;
    } & (unknown | unknown);
    "crypto.encrypt": {
        /**
         * What is not secret and must be the same to decrypt. As hexadecimal digits.
         * @example 0000
         */
        aad?: string;
        /**
         * Which cipher.
         * @default aes-256-gcm
         * @example xchacha20-poly1305
         */
        cipher?: "aes-256-gcm" | "chacha20-poly1305" | "xchacha20-poly1305";
        /**
         * The key: 32 bytes by chance. As hexadecimal digits.
         * @example 0000000000000000000000000000000000000000000000000000000000000000
         */
        key?: string;
        /**
         * A key that the server holds for you, in place of `key`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
    } & (unknown | unknown);
    "crypto.decrypt": {
        /**
         * What is not secret and must be the same to decrypt. As hexadecimal digits.
         * @example 0000
         */
        aad?: string;
        /**
         * The key: 32 bytes by chance. As hexadecimal digits.
         * @example 0000000000000000000000000000000000000000000000000000000000000000
         */
        key?: string;
        /**
         * A key that the server holds for you, in place of `key`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
    } & (unknown | unknown);
    "crypto.ed25519_keygen": Record<string, never>;
    "crypto.ed25519_sign": {
        /**
         * How the bytes are written: hexadecimal text, base64 text, or as they are.
         * @default hex
         * @example raw
         */
        encoding?: "hex" | "base64" | "raw";
        /**
         * A key that the server holds for you, in place of `secret_key`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
        /**
         * The secret key. As hexadecimal digits.
         * @example 0000000000000000000000000000000000000000000000000000000000000000
         */
        secret_key?: string;
    } & (unknown | unknown);
    "crypto.ed25519_verify": {
        /**
         * A key that the server holds for you, in place of `public_key`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
        /**
         * The public key. As hexadecimal digits.
         * @example 0000000000000000000000000000000000000000000000000000000000000000
         */
        public_key?: string;
        /**
         * The signature. As hexadecimal digits.
         * @example 00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
         */
        signature: string;
    } & (unknown | unknown);
    "crypto.ed25519_verify_batch": {
        /**
         * The public key of each input.
         * @example [
         *       "0000000000000000000000000000000000000000000000000000000000000000"
         *     ]
         */
        public_keys: string[];
        /**
         * The signature of each input.
         * @example [
         *       "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
         *     ]
         */
        signatures: string[];
    };
    "crypto.x25519_keygen": Record<string, never>;
    "crypto.x25519": {
        /**
         * How the bytes are written: hexadecimal text, base64 text, or as they are.
         * @default hex
         * @example raw
         */
        encoding?: "hex" | "base64" | "raw";
        /**
         * A key that the server holds for you, in place of `secret_key`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
        /**
         * Which version of the held key; without it the newest, or whichever fits.
         * @example 1
         */
        key_version?: number;
        /**
         * The other's public key. As hexadecimal digits.
         * @example 0000000000000000000000000000000000000000000000000000000000000000
         */
        public_key: string;
        /**
         * One's own secret key. As hexadecimal digits.
         * @example 0000000000000000000000000000000000000000000000000000000000000000
         */
        secret_key?: string;
    } & (unknown | unknown);
    "crypto.hkdf": {
        /**
         * Which digest keys are made with.
         * @default sha256
         * @example sha512
         */
        algorithm?: "sha256" | "sha512";
        /**
         * How the bytes are written: hexadecimal text, base64 text, or as they are.
         * @default hex
         * @example raw
         */
        encoding?: "hex" | "base64" | "raw";
        /**
         * What the key is for. As hexadecimal digits.
         * @example 0000
         */
        info?: string;
        /**
         * A key that the server holds for you, in place of `material`.
         * @example hky_01890000000070008000000000000000
         */
        key_id?: string;
        /**
         * Which version of the held key; without it the newest, or whichever fits.
         * @example 1
         */
        key_version?: number;
        /**
         * Bytes of the key.
         * @default 32
         * @example 32
         */
        length?: number;
        /**
         * The key material, such as a shared secret; not a password. As hexadecimal digits.
         * @example 0000
         */
        material?: string;
        /**
         * A salt, which is not secret. As hexadecimal digits.
         * @example 0000
         */
        salt?: string;
    } & (unknown | unknown);
    "crypto.argon2id_hash": {
        /**
         * Lanes in which it is filled.
         * @default 1
         * @example 1
         */
        lanes?: number;
        /**
         * Memory that a guess takes, in KiB.
         * @default 19456
         * @example 19456
         */
        memory_kib?: number;
        /**
         * The password, in UTF-8. As hexadecimal digits.
         * @example 0000
         */
        password: string;
        /**
         * Rounds over this memory.
         * @default 2
         * @example 2
         */
        rounds?: number;
    };
    "crypto.argon2id_verify": {
        /**
         * The hash as `argon2id_hash` gave it.
         * @example $argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
         */
        hash: string;
        /**
         * The password, in UTF-8. As hexadecimal digits.
         * @example 0000
         */
        password: string;
    };
    "crypto.random": {
        /**
         * How the bytes are written: hexadecimal text, base64 text, or as they are.
         * @default hex
         * @example raw
         */
        encoding?: "hex" | "base64" | "raw";
        /**
         * How many bytes.
         * @default 32
         * @example 32
         */
        length?: number;
    };
    /**
     * QueryParams
     * Parameters of `query`.
     */
    "data.query": {
        /** The form of the answer. */
        output?: "json" | "ndjson" | "csv" | "tsv" | "parquet" | "arrow" | "arrow_stream";
        /**
         * One SELECT statement. A single input is the table `input`, several are `input0`, `input1` and so on, unless `tables`
         *     names them.
         * @example SELECT count(*) AS rows FROM input
         */
        sql: string;
        /** Which inputs are which tables. */
        tables?: {
            /** How its inputs are compressed as a whole. What is compressed inside, such as Parquet, needs nothing here. */
            compression?: "auto" | "none" | "gzip" | "zstd" | "brotli";
            /**
             * What separates the values of a CSV file: one ASCII character. Looked for in the first line where it is not given.
             * @default null
             * @example ;
             */
            delimiter?: string | null;
            /** The form of its inputs. */
            format?: "auto" | "parquet" | "csv" | "tsv" | "ndjson" | "json" | "arrow" | "arrow_stream";
            /**
             * Whether the first line of a CSV file names its columns.
             * @default true
             */
            header?: boolean;
            /**
             * The numbers of its inputs, from 0; all inputs where none is given.
             * @default []
             * @example [
             *       0
             *     ]
             */
            inputs?: number[];
            /**
             * Its name in the statement.
             * @example sales
             */
            name: string;
            /**
             * A path for each of its inputs, such as `year=2026/a.csv`. Parts like `year=2026` become columns.
             * @default []
             */
            paths?: string[];
        }[];
        /** Values for `$1`, `$2` and so on, as an array, or for `$name`, as an object: texts, numbers, booleans and nulls. */
        values?: (unknown[] | {
            [key: string]: unknown;
        }) | null;
    };
    /**
     * ExplainParams
     * Parameters of `explain`.
     */
    "data.explain": {
        /**
         * Whether to run the statement and to say what each step took.
         * @default false
         */
        analyze?: boolean;
        /** The form of the answer. */
        output?: "json" | "ndjson" | "csv" | "tsv" | "parquet" | "arrow" | "arrow_stream";
        /**
         * One SELECT statement, as for `query`.
         * @example SELECT count(*) AS rows FROM input
         */
        sql: string;
        /** Which inputs are which tables. */
        tables?: {
            /** How its inputs are compressed as a whole. What is compressed inside, such as Parquet, needs nothing here. */
            compression?: "auto" | "none" | "gzip" | "zstd" | "brotli";
            /**
             * What separates the values of a CSV file: one ASCII character. Looked for in the first line where it is not given.
             * @default null
             * @example ;
             */
            delimiter?: string | null;
            /** The form of its inputs. */
            format?: "auto" | "parquet" | "csv" | "tsv" | "ndjson" | "json" | "arrow" | "arrow_stream";
            /**
             * Whether the first line of a CSV file names its columns.
             * @default true
             */
            header?: boolean;
            /**
             * The numbers of its inputs, from 0; all inputs where none is given.
             * @default []
             * @example [
             *       0
             *     ]
             */
            inputs?: number[];
            /**
             * Its name in the statement.
             * @example sales
             */
            name: string;
            /**
             * A path for each of its inputs, such as `year=2026/a.csv`. Parts like `year=2026` become columns.
             * @default []
             */
            paths?: string[];
        }[];
        /** Values for its placeholders, as for `query`. */
        values?: (unknown[] | {
            [key: string]: unknown;
        }) | null;
    };
    /**
     * LookParams
     * Parameters of `schema` and of `profile`.
     */
    "data.schema": {
        /** What the inputs are; all of them one table of what they seem to be, where nothing is told. */
        tables?: {
            /** How its inputs are compressed as a whole. What is compressed inside, such as Parquet, needs nothing here. */
            compression?: "auto" | "none" | "gzip" | "zstd" | "brotli";
            /**
             * What separates the values of a CSV file: one ASCII character. Looked for in the first line where it is not given.
             * @default null
             * @example ;
             */
            delimiter?: string | null;
            /** The form of its inputs. */
            format?: "auto" | "parquet" | "csv" | "tsv" | "ndjson" | "json" | "arrow" | "arrow_stream";
            /**
             * Whether the first line of a CSV file names its columns.
             * @default true
             */
            header?: boolean;
            /**
             * The numbers of its inputs, from 0; all inputs where none is given.
             * @default []
             * @example [
             *       0
             *     ]
             */
            inputs?: number[];
            /**
             * Its name in the statement.
             * @example sales
             */
            name: string;
            /**
             * A path for each of its inputs, such as `year=2026/a.csv`. Parts like `year=2026` become columns.
             * @default []
             */
            paths?: string[];
        }[];
    };
    /**
     * LookParams
     * Parameters of `schema` and of `profile`.
     */
    "data.profile": {
        /** What the inputs are; all of them one table of what they seem to be, where nothing is told. */
        tables?: {
            /** How its inputs are compressed as a whole. What is compressed inside, such as Parquet, needs nothing here. */
            compression?: "auto" | "none" | "gzip" | "zstd" | "brotli";
            /**
             * What separates the values of a CSV file: one ASCII character. Looked for in the first line where it is not given.
             * @default null
             * @example ;
             */
            delimiter?: string | null;
            /** The form of its inputs. */
            format?: "auto" | "parquet" | "csv" | "tsv" | "ndjson" | "json" | "arrow" | "arrow_stream";
            /**
             * Whether the first line of a CSV file names its columns.
             * @default true
             */
            header?: boolean;
            /**
             * The numbers of its inputs, from 0; all inputs where none is given.
             * @default []
             * @example [
             *       0
             *     ]
             */
            inputs?: number[];
            /**
             * Its name in the statement.
             * @example sales
             */
            name: string;
            /**
             * A path for each of its inputs, such as `year=2026/a.csv`. Parts like `year=2026` become columns.
             * @default []
             */
            paths?: string[];
        }[];
    };
    /**
     * ConvertParams
     * Parameters of `convert`.
     */
    "data.convert": {
        /** The form of the answer. */
        output?: "json" | "ndjson" | "csv" | "tsv" | "parquet" | "arrow" | "arrow_stream";
        /**
         * Rows with the same values in these columns are one file, and the last output lists them all: of each its number
         *     among the outputs, its path, such as `year=2026/city=Bern/data.parquet`, and its rows. The columns are in the
         *     path alone. At most 63 files.
         * @default []
         * @example [
         *       "city"
         *     ]
         */
        partition_by?: string[];
        /** What the inputs are; all of them one table of what they seem to be, where nothing is told. */
        tables?: {
            /** How its inputs are compressed as a whole. What is compressed inside, such as Parquet, needs nothing here. */
            compression?: "auto" | "none" | "gzip" | "zstd" | "brotli";
            /**
             * What separates the values of a CSV file: one ASCII character. Looked for in the first line where it is not given.
             * @default null
             * @example ;
             */
            delimiter?: string | null;
            /** The form of its inputs. */
            format?: "auto" | "parquet" | "csv" | "tsv" | "ndjson" | "json" | "arrow" | "arrow_stream";
            /**
             * Whether the first line of a CSV file names its columns.
             * @default true
             */
            header?: boolean;
            /**
             * The numbers of its inputs, from 0; all inputs where none is given.
             * @default []
             * @example [
             *       0
             *     ]
             */
            inputs?: number[];
            /**
             * Its name in the statement.
             * @example sales
             */
            name: string;
            /**
             * A path for each of its inputs, such as `year=2026/a.csv`. Parts like `year=2026` become columns.
             * @default []
             */
            paths?: string[];
        }[];
    };
    /**
     * AggregateParams
     * Parameters of `aggregate`.
     */
    "data.aggregate": {
        /**
         * Rows with the same values in these columns are one group; all rows are, where none is named.
         * @default []
         * @example [
         *       "city"
         *     ]
         */
        group_by?: string[];
        /** What is said of each group. */
        measures: {
            /**
             * Of which column; `count` alone needs none, and then counts rows.
             * @default null
             * @example amount
             */
            column?: string | null;
            /** What is computed. */
            function: "count" | "count_distinct" | "sum" | "min" | "max" | "mean" | "median" | "standard_deviation";
            /**
             * The name of the result; the function's and the column's, where none is given.
             * @default null
             * @example total
             */
            name?: string | null;
        }[];
        /** The form of the answer. */
        output?: "json" | "ndjson" | "csv" | "tsv" | "parquet" | "arrow" | "arrow_stream";
        /** What the inputs are; all of them one table of what they seem to be, where nothing is told. */
        tables?: {
            /** How its inputs are compressed as a whole. What is compressed inside, such as Parquet, needs nothing here. */
            compression?: "auto" | "none" | "gzip" | "zstd" | "brotli";
            /**
             * What separates the values of a CSV file: one ASCII character. Looked for in the first line where it is not given.
             * @default null
             * @example ;
             */
            delimiter?: string | null;
            /** The form of its inputs. */
            format?: "auto" | "parquet" | "csv" | "tsv" | "ndjson" | "json" | "arrow" | "arrow_stream";
            /**
             * Whether the first line of a CSV file names its columns.
             * @default true
             */
            header?: boolean;
            /**
             * The numbers of its inputs, from 0; all inputs where none is given.
             * @default []
             * @example [
             *       0
             *     ]
             */
            inputs?: number[];
            /**
             * Its name in the statement.
             * @example sales
             */
            name: string;
            /**
             * A path for each of its inputs, such as `year=2026/a.csv`. Parts like `year=2026` become columns.
             * @default []
             */
            paths?: string[];
        }[];
    };
    /**
     * SampleParams
     * Parameters of `sample`.
     */
    "data.sample": {
        /** The form of the answer. */
        output?: "json" | "ndjson" | "csv" | "tsv" | "parquet" | "arrow" | "arrow_stream";
        /**
         * Format: uint32
         * How many rows.
         * @default 20
         * @example 20
         */
        rows?: number;
        /** What the inputs are; all of them one table of what they seem to be, where nothing is told. */
        tables?: {
            /** How its inputs are compressed as a whole. What is compressed inside, such as Parquet, needs nothing here. */
            compression?: "auto" | "none" | "gzip" | "zstd" | "brotli";
            /**
             * What separates the values of a CSV file: one ASCII character. Looked for in the first line where it is not given.
             * @default null
             * @example ;
             */
            delimiter?: string | null;
            /** The form of its inputs. */
            format?: "auto" | "parquet" | "csv" | "tsv" | "ndjson" | "json" | "arrow" | "arrow_stream";
            /**
             * Whether the first line of a CSV file names its columns.
             * @default true
             */
            header?: boolean;
            /**
             * The numbers of its inputs, from 0; all inputs where none is given.
             * @default []
             * @example [
             *       0
             *     ]
             */
            inputs?: number[];
            /**
             * Its name in the statement.
             * @example sales
             */
            name: string;
            /**
             * A path for each of its inputs, such as `year=2026/a.csv`. Parts like `year=2026` become columns.
             * @default []
             */
            paths?: string[];
        }[];
    };
    /**
     * InfoParams
     * Nothing is asked but what the head says.
     */
    "image.info": Record<string, never>;
    /**
     * Nothing
     * Nothing is done to the picture.
     */
    "image.convert": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
    };
    /**
     * PipelineParams
     * Steps, one after the other.
     */
    "image.pipeline": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * What is done to the first input, in this order.
         * @example [
         *       {
         *         "step": "resize",
         *         "width": 640
         *       },
         *       {
         *         "step": "grayscale"
         *       }
         *     ]
         */
        steps: ({
            /**
             * How pixels are weighed.
             * @default lanczos3
             */
            filter?: "nearest" | "box" | "bilinear" | "catmull_rom" | "mitchell" | "lanczos3";
            /**
             * Format: uint32
             * The new height in pixels; by the shape of the picture, where only the width is given.
             * @default null
             */
            height?: number | null;
            /**
             * What happens where width and height have another shape than the picture.
             * @default fit
             */
            mode?: "fit" | "fill" | "exact";
            step: "resize";
            /**
             * Format: uint32
             * The new width in pixels; by the shape of the picture, where only the height is given.
             * @default null
             * @example 640
             */
            width?: number | null;
        } | {
            /**
             * Format: uint32
             * The longest side in pixels.
             * @default 256
             */
            size?: number;
            /**
             * Whether it becomes a square, of which what hangs over is cut off.
             * @default false
             */
            square?: boolean;
            step: "thumbnail";
        } | {
            /**
             * Format: uint32
             * The part's height in pixels.
             * @example 100
             */
            height: number;
            step: "crop";
            /**
             * Format: uint32
             * The part's width in pixels.
             * @example 100
             */
            width: number;
            /**
             * Format: uint32
             * How many pixels are left out on the left.
             * @default 0
             */
            x?: number;
            /**
             * Format: uint32
             * How many pixels are left out at the top.
             * @default 0
             */
            y?: number;
        } | {
            /**
             * What lies in the corners of a picture that is not turned by quarters; nothing, where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * Format: double
             * How far it is turned clockwise, in degrees.
             * @example 90
             */
            degrees: number;
            step: "rotate";
        } | {
            /**
             * What changes places.
             * @default horizontal
             */
            axis?: "horizontal" | "vertical";
            step: "flip";
        } | {
            /**
             * Format: uint32
             * How often it stands side by side.
             * @example 2
             */
            columns: number;
            /**
             * Format: uint32
             * How often it stands one below the other.
             * @example 2
             */
            rows: number;
            step: "tile";
        } | {
            step: "grayscale";
        } | {
            step: "invert";
        } | {
            /**
             * Format: float
             * What becomes dark.
             * @default 0
             */
            black?: number;
            /**
             * Format: float
             * How what is between becomes lighter (above 1) or darker (below 1).
             * @default 1
             * @example 1.2
             */
            gamma?: number;
            step: "levels";
            /**
             * Format: float
             * What becomes full light.
             * @default 1
             */
            white?: number;
        } | {
            /**
             * Format: float
             * By how much light is multiplied.
             * @default 1
             * @example 1.1
             */
            brightness?: number;
            /**
             * Format: float
             * By how much the distance to the middle gray is multiplied.
             * @default 1
             * @example 1.1
             */
            contrast?: number;
            /**
             * Format: float
             * How far colours are turned around, in degrees.
             * @default 0
             */
            hue_deg?: number;
            /**
             * Format: float
             * How much of its colours it has: 0 leaves grays, 1 all, 2 twice as much.
             * @default 1
             * @example 1.2
             */
            saturation?: number;
            step: "adjust";
        } | {
            /**
             * Format: float
             * How far it spreads: the bell's standard deviation in pixels.
             * @example 2
             */
            sigma: number;
            step: "blur";
        } | {
            /**
             * Format: float
             * How much is added.
             * @default 1
             */
            amount?: number;
            /**
             * Format: float
             * How coarse what is sharpened is: the blur's standard deviation in pixels.
             * @default 1
             */
            sigma?: number;
            step: "unsharp";
            /**
             * Format: float
             * How large a difference must be to be added, as a part of full light: noise stays as it is.
             * @default 0
             */
            threshold?: number;
        } | {
            /**
             * Format: uint32
             * How many pixels to each side are looked at.
             * @example 1
             */
            radius: number;
            step: "median";
        } | {
            /**
             * Format: float
             * By how much edges are made lighter.
             * @default 1
             */
            gain?: number;
            step: "edges";
        } | {
            /**
             * How its colours and those below become one.
             * @default normal
             */
            blend?: "normal" | "multiply" | "screen" | "overlay" | "darken" | "lighten" | "color_dodge" | "color_burn" | "hard_light" | "soft_light" | "difference" | "exclusion" | "add";
            /**
             * Format: uint32
             * Which input lies above.
             * @default 1
             */
            input?: number;
            /**
             * Format: float
             * How much of it is seen.
             * @default 1
             */
            opacity?: number;
            step: "overlay";
            /**
             * Format: int32
             * Where its left side lies, in pixels from the left; it may lie outside.
             * @default 0
             */
            x?: number;
            /**
             * Format: int32
             * Where its upper side lies, in pixels from the top; it may lie outside.
             * @default 0
             */
            y?: number;
        })[];
    };
    /**
     * Resize
     * Parameters of `resize`.
     */
    "image.resize": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * How pixels are weighed.
         * @default lanczos3
         */
        filter?: "nearest" | "box" | "bilinear" | "catmull_rom" | "mitchell" | "lanczos3";
        /**
         * Format: uint32
         * The new height in pixels; by the shape of the picture, where only the width is given.
         * @default null
         */
        height?: number | null;
        /**
         * What happens where width and height have another shape than the picture.
         * @default fit
         */
        mode?: "fit" | "fill" | "exact";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: uint32
         * The new width in pixels; by the shape of the picture, where only the height is given.
         * @default null
         * @example 640
         */
        width?: number | null;
    };
    /**
     * Thumbnail
     * Parameters of `thumbnail`.
     */
    "image.thumbnail": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: uint32
         * The longest side in pixels.
         * @default 256
         */
        size?: number;
        /**
         * Whether it becomes a square, of which what hangs over is cut off.
         * @default false
         */
        square?: boolean;
    };
    /**
     * Crop
     * Parameters of `crop`.
     */
    "image.crop": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * Format: uint32
         * The part's height in pixels.
         * @example 100
         */
        height: number;
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: uint32
         * The part's width in pixels.
         * @example 100
         */
        width: number;
        /**
         * Format: uint32
         * How many pixels are left out on the left.
         * @default 0
         */
        x?: number;
        /**
         * Format: uint32
         * How many pixels are left out at the top.
         * @default 0
         */
        y?: number;
    };
    /**
     * Rotate
     * Parameters of `rotate`.
     */
    "image.rotate": {
        /**
         * What lies in the corners of a picture that is not turned by quarters; nothing, where nothing is said.
         * @example #ffffff
         */
        background?: string | null;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * Format: double
         * How far it is turned clockwise, in degrees.
         * @example 90
         */
        degrees: number;
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
    };
    /**
     * Flip
     * Parameters of `flip`.
     */
    "image.flip": {
        /**
         * What changes places.
         * @default horizontal
         */
        axis?: "horizontal" | "vertical";
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
    };
    /**
     * Tile
     * Parameters of `tile`.
     */
    "image.tile": {
        /**
         * Format: uint32
         * How often it stands side by side.
         * @example 2
         */
        columns: number;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: uint32
         * How often it stands one below the other.
         * @example 2
         */
        rows: number;
    };
    /**
     * Grayscale
     * Parameters of `grayscale`: as light as Rec. ITU-R BT.709 says that colours look.
     */
    "image.grayscale": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
    };
    /**
     * Invert
     * Parameters of `invert`: what is transparent stays so.
     */
    "image.invert": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
    };
    /**
     * Levels
     * Parameters of `levels`. Lights are parts of full light.
     */
    "image.levels": {
        /**
         * Format: float
         * What becomes dark.
         * @default 0
         */
        black?: number;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * Format: float
         * How what is between becomes lighter (above 1) or darker (below 1).
         * @default 1
         * @example 1.2
         */
        gamma?: number;
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: float
         * What becomes full light.
         * @default 1
         */
        white?: number;
    };
    /**
     * Adjust
     * Parameters of `adjust`: the functions of the W3C's Filter Effects Module Level 1, in the order in which they stand here.
     */
    "image.adjust": {
        /**
         * Format: float
         * By how much light is multiplied.
         * @default 1
         * @example 1.1
         */
        brightness?: number;
        /**
         * Format: float
         * By how much the distance to the middle gray is multiplied.
         * @default 1
         * @example 1.1
         */
        contrast?: number;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * Format: float
         * How far colours are turned around, in degrees.
         * @default 0
         */
        hue_deg?: number;
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: float
         * How much of its colours it has: 0 leaves grays, 1 all, 2 twice as much.
         * @default 1
         * @example 1.2
         */
        saturation?: number;
    };
    /**
     * Blur
     * Parameters of `blur`.
     */
    "image.blur": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: float
         * How far it spreads: the bell's standard deviation in pixels.
         * @example 2
         */
        sigma: number;
    };
    /**
     * Unsharp
     * Parameters of `unsharp`: what a blur would take away is added once more.
     */
    "image.unsharp": {
        /**
         * Format: float
         * How much is added.
         * @default 1
         */
        amount?: number;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: float
         * How coarse what is sharpened is: the blur's standard deviation in pixels.
         * @default 1
         */
        sigma?: number;
        /**
         * Format: float
         * How large a difference must be to be added, as a part of full light: noise stays as it is.
         * @default 0
         */
        threshold?: number;
    };
    /**
     * Median
     * Parameters of `median`.
     */
    "image.median": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: uint32
         * How many pixels to each side are looked at.
         * @example 1
         */
        radius: number;
    };
    /**
     * Edges
     * Parameters of `edges`.
     */
    "image.edges": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * Format: float
         * By how much edges are made lighter.
         * @default 1
         */
        gain?: number;
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
    };
    /**
     * Overlay
     * Parameters of `overlay`.
     */
    "image.overlay": {
        /**
         * How its colours and those below become one.
         * @default normal
         */
        blend?: "normal" | "multiply" | "screen" | "overlay" | "darken" | "lighten" | "color_dodge" | "color_burn" | "hard_light" | "soft_light" | "difference" | "exclusion" | "add";
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * Format: uint32
         * Which input lies above.
         * @default 1
         */
        input?: number;
        /**
         * Format: float
         * How much of it is seen.
         * @default 1
         */
        opacity?: number;
        /** The file that is written. */
        output?: {
            /**
             * What lies behind transparent pixels in a format that has none; white where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * How much of a JPEG's colour is kept: 4:2:0 keeps that of every other pixel of every other row. Below a quality of 90 it
             *     is 4:2:0 where nothing is said, and 4:4:4 from there on.
             */
            chroma?: ("4:4:4" | "4:2:0") | null;
            /** The format; that of the first input, where nothing is said. */
            format?: ("jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp") | null;
            /**
             * Format: uint8
             * How much work goes into making a PNG small: 0 packs nothing, 1 is fast, 9 is small; 6 where nothing is said.
             * @default null
             * @example 6
             */
            level?: number | null;
            /**
             * Whether a JPEG shows as a coarse picture before all of it is there.
             * @default false
             */
            progressive?: boolean;
            /**
             * Format: uint8
             * How good a JPEG is; 85 where nothing is said.
             * @default null
             * @example 85
             */
            quality?: number | null;
            /**
             * Whether the colour profile is left out.
             * @default false
             */
            strip?: boolean;
        };
        /**
         * Format: int32
         * Where its left side lies, in pixels from the left; it may lie outside.
         * @default 0
         */
        x?: number;
        /**
         * Format: int32
         * Where its upper side lies, in pixels from the top; it may lie outside.
         * @default 0
         */
        y?: number;
    };
    /**
     * BlurhashParams
     * Parameters of `blurhash`.
     */
    "image.blurhash": {
        /**
         * Whether it is written or drawn.
         * @default json
         */
        as?: "json" | "png";
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * What is done to the picture before.
         * @example [
         *       {
         *         "height": 100,
         *         "step": "crop",
         *         "width": 100
         *       }
         *     ]
         */
        steps?: ({
            /**
             * How pixels are weighed.
             * @default lanczos3
             */
            filter?: "nearest" | "box" | "bilinear" | "catmull_rom" | "mitchell" | "lanczos3";
            /**
             * Format: uint32
             * The new height in pixels; by the shape of the picture, where only the width is given.
             * @default null
             */
            height?: number | null;
            /**
             * What happens where width and height have another shape than the picture.
             * @default fit
             */
            mode?: "fit" | "fill" | "exact";
            step: "resize";
            /**
             * Format: uint32
             * The new width in pixels; by the shape of the picture, where only the height is given.
             * @default null
             * @example 640
             */
            width?: number | null;
        } | {
            /**
             * Format: uint32
             * The longest side in pixels.
             * @default 256
             */
            size?: number;
            /**
             * Whether it becomes a square, of which what hangs over is cut off.
             * @default false
             */
            square?: boolean;
            step: "thumbnail";
        } | {
            /**
             * Format: uint32
             * The part's height in pixels.
             * @example 100
             */
            height: number;
            step: "crop";
            /**
             * Format: uint32
             * The part's width in pixels.
             * @example 100
             */
            width: number;
            /**
             * Format: uint32
             * How many pixels are left out on the left.
             * @default 0
             */
            x?: number;
            /**
             * Format: uint32
             * How many pixels are left out at the top.
             * @default 0
             */
            y?: number;
        } | {
            /**
             * What lies in the corners of a picture that is not turned by quarters; nothing, where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * Format: double
             * How far it is turned clockwise, in degrees.
             * @example 90
             */
            degrees: number;
            step: "rotate";
        } | {
            /**
             * What changes places.
             * @default horizontal
             */
            axis?: "horizontal" | "vertical";
            step: "flip";
        } | {
            /**
             * Format: uint32
             * How often it stands side by side.
             * @example 2
             */
            columns: number;
            /**
             * Format: uint32
             * How often it stands one below the other.
             * @example 2
             */
            rows: number;
            step: "tile";
        } | {
            step: "grayscale";
        } | {
            step: "invert";
        } | {
            /**
             * Format: float
             * What becomes dark.
             * @default 0
             */
            black?: number;
            /**
             * Format: float
             * How what is between becomes lighter (above 1) or darker (below 1).
             * @default 1
             * @example 1.2
             */
            gamma?: number;
            step: "levels";
            /**
             * Format: float
             * What becomes full light.
             * @default 1
             */
            white?: number;
        } | {
            /**
             * Format: float
             * By how much light is multiplied.
             * @default 1
             * @example 1.1
             */
            brightness?: number;
            /**
             * Format: float
             * By how much the distance to the middle gray is multiplied.
             * @default 1
             * @example 1.1
             */
            contrast?: number;
            /**
             * Format: float
             * How far colours are turned around, in degrees.
             * @default 0
             */
            hue_deg?: number;
            /**
             * Format: float
             * How much of its colours it has: 0 leaves grays, 1 all, 2 twice as much.
             * @default 1
             * @example 1.2
             */
            saturation?: number;
            step: "adjust";
        } | {
            /**
             * Format: float
             * How far it spreads: the bell's standard deviation in pixels.
             * @example 2
             */
            sigma: number;
            step: "blur";
        } | {
            /**
             * Format: float
             * How much is added.
             * @default 1
             */
            amount?: number;
            /**
             * Format: float
             * How coarse what is sharpened is: the blur's standard deviation in pixels.
             * @default 1
             */
            sigma?: number;
            step: "unsharp";
            /**
             * Format: float
             * How large a difference must be to be added, as a part of full light: noise stays as it is.
             * @default 0
             */
            threshold?: number;
        } | {
            /**
             * Format: uint32
             * How many pixels to each side are looked at.
             * @example 1
             */
            radius: number;
            step: "median";
        } | {
            /**
             * Format: float
             * By how much edges are made lighter.
             * @default 1
             */
            gain?: number;
            step: "edges";
        } | {
            /**
             * How its colours and those below become one.
             * @default normal
             */
            blend?: "normal" | "multiply" | "screen" | "overlay" | "darken" | "lighten" | "color_dodge" | "color_burn" | "hard_light" | "soft_light" | "difference" | "exclusion" | "add";
            /**
             * Format: uint32
             * Which input lies above.
             * @default 1
             */
            input?: number;
            /**
             * Format: float
             * How much of it is seen.
             * @default 1
             */
            opacity?: number;
            step: "overlay";
            /**
             * Format: int32
             * Where its left side lies, in pixels from the left; it may lie outside.
             * @default 0
             */
            x?: number;
            /**
             * Format: int32
             * Where its upper side lies, in pixels from the top; it may lie outside.
             * @default 0
             */
            y?: number;
        })[];
        /**
         * Format: uint32
         * How many waves lie along it.
         * @default 4
         */
        x?: number;
        /**
         * Format: uint32
         * How many waves lie down it.
         * @default 3
         */
        y?: number;
    };
    /**
     * ThumbhashParams
     * Parameters of `thumbhash`.
     */
    "image.thumbhash": {
        /**
         * Whether it is written or drawn.
         * @default json
         */
        as?: "json" | "png";
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * What is done to the picture before.
         * @example [
         *       {
         *         "height": 100,
         *         "step": "crop",
         *         "width": 100
         *       }
         *     ]
         */
        steps?: ({
            /**
             * How pixels are weighed.
             * @default lanczos3
             */
            filter?: "nearest" | "box" | "bilinear" | "catmull_rom" | "mitchell" | "lanczos3";
            /**
             * Format: uint32
             * The new height in pixels; by the shape of the picture, where only the width is given.
             * @default null
             */
            height?: number | null;
            /**
             * What happens where width and height have another shape than the picture.
             * @default fit
             */
            mode?: "fit" | "fill" | "exact";
            step: "resize";
            /**
             * Format: uint32
             * The new width in pixels; by the shape of the picture, where only the height is given.
             * @default null
             * @example 640
             */
            width?: number | null;
        } | {
            /**
             * Format: uint32
             * The longest side in pixels.
             * @default 256
             */
            size?: number;
            /**
             * Whether it becomes a square, of which what hangs over is cut off.
             * @default false
             */
            square?: boolean;
            step: "thumbnail";
        } | {
            /**
             * Format: uint32
             * The part's height in pixels.
             * @example 100
             */
            height: number;
            step: "crop";
            /**
             * Format: uint32
             * The part's width in pixels.
             * @example 100
             */
            width: number;
            /**
             * Format: uint32
             * How many pixels are left out on the left.
             * @default 0
             */
            x?: number;
            /**
             * Format: uint32
             * How many pixels are left out at the top.
             * @default 0
             */
            y?: number;
        } | {
            /**
             * What lies in the corners of a picture that is not turned by quarters; nothing, where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * Format: double
             * How far it is turned clockwise, in degrees.
             * @example 90
             */
            degrees: number;
            step: "rotate";
        } | {
            /**
             * What changes places.
             * @default horizontal
             */
            axis?: "horizontal" | "vertical";
            step: "flip";
        } | {
            /**
             * Format: uint32
             * How often it stands side by side.
             * @example 2
             */
            columns: number;
            /**
             * Format: uint32
             * How often it stands one below the other.
             * @example 2
             */
            rows: number;
            step: "tile";
        } | {
            step: "grayscale";
        } | {
            step: "invert";
        } | {
            /**
             * Format: float
             * What becomes dark.
             * @default 0
             */
            black?: number;
            /**
             * Format: float
             * How what is between becomes lighter (above 1) or darker (below 1).
             * @default 1
             * @example 1.2
             */
            gamma?: number;
            step: "levels";
            /**
             * Format: float
             * What becomes full light.
             * @default 1
             */
            white?: number;
        } | {
            /**
             * Format: float
             * By how much light is multiplied.
             * @default 1
             * @example 1.1
             */
            brightness?: number;
            /**
             * Format: float
             * By how much the distance to the middle gray is multiplied.
             * @default 1
             * @example 1.1
             */
            contrast?: number;
            /**
             * Format: float
             * How far colours are turned around, in degrees.
             * @default 0
             */
            hue_deg?: number;
            /**
             * Format: float
             * How much of its colours it has: 0 leaves grays, 1 all, 2 twice as much.
             * @default 1
             * @example 1.2
             */
            saturation?: number;
            step: "adjust";
        } | {
            /**
             * Format: float
             * How far it spreads: the bell's standard deviation in pixels.
             * @example 2
             */
            sigma: number;
            step: "blur";
        } | {
            /**
             * Format: float
             * How much is added.
             * @default 1
             */
            amount?: number;
            /**
             * Format: float
             * How coarse what is sharpened is: the blur's standard deviation in pixels.
             * @default 1
             */
            sigma?: number;
            step: "unsharp";
            /**
             * Format: float
             * How large a difference must be to be added, as a part of full light: noise stays as it is.
             * @default 0
             */
            threshold?: number;
        } | {
            /**
             * Format: uint32
             * How many pixels to each side are looked at.
             * @example 1
             */
            radius: number;
            step: "median";
        } | {
            /**
             * Format: float
             * By how much edges are made lighter.
             * @default 1
             */
            gain?: number;
            step: "edges";
        } | {
            /**
             * How its colours and those below become one.
             * @default normal
             */
            blend?: "normal" | "multiply" | "screen" | "overlay" | "darken" | "lighten" | "color_dodge" | "color_burn" | "hard_light" | "soft_light" | "difference" | "exclusion" | "add";
            /**
             * Format: uint32
             * Which input lies above.
             * @default 1
             */
            input?: number;
            /**
             * Format: float
             * How much of it is seen.
             * @default 1
             */
            opacity?: number;
            step: "overlay";
            /**
             * Format: int32
             * Where its left side lies, in pixels from the left; it may lie outside.
             * @default 0
             */
            x?: number;
            /**
             * Format: int32
             * Where its upper side lies, in pixels from the top; it may lie outside.
             * @default 0
             */
            y?: number;
        })[];
    };
    /**
     * ColorsParams
     * Parameters of `colors`.
     */
    "image.colors": {
        /**
         * Whether they are written, or drawn as long as their shares are.
         * @default json
         */
        as?: "json" | "png";
        /**
         * Format: uint32
         * How many colours are said, at most.
         * @default 5
         */
        count?: number;
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * What is done to the picture before.
         * @example [
         *       {
         *         "height": 100,
         *         "step": "crop",
         *         "width": 100
         *       }
         *     ]
         */
        steps?: ({
            /**
             * How pixels are weighed.
             * @default lanczos3
             */
            filter?: "nearest" | "box" | "bilinear" | "catmull_rom" | "mitchell" | "lanczos3";
            /**
             * Format: uint32
             * The new height in pixels; by the shape of the picture, where only the width is given.
             * @default null
             */
            height?: number | null;
            /**
             * What happens where width and height have another shape than the picture.
             * @default fit
             */
            mode?: "fit" | "fill" | "exact";
            step: "resize";
            /**
             * Format: uint32
             * The new width in pixels; by the shape of the picture, where only the height is given.
             * @default null
             * @example 640
             */
            width?: number | null;
        } | {
            /**
             * Format: uint32
             * The longest side in pixels.
             * @default 256
             */
            size?: number;
            /**
             * Whether it becomes a square, of which what hangs over is cut off.
             * @default false
             */
            square?: boolean;
            step: "thumbnail";
        } | {
            /**
             * Format: uint32
             * The part's height in pixels.
             * @example 100
             */
            height: number;
            step: "crop";
            /**
             * Format: uint32
             * The part's width in pixels.
             * @example 100
             */
            width: number;
            /**
             * Format: uint32
             * How many pixels are left out on the left.
             * @default 0
             */
            x?: number;
            /**
             * Format: uint32
             * How many pixels are left out at the top.
             * @default 0
             */
            y?: number;
        } | {
            /**
             * What lies in the corners of a picture that is not turned by quarters; nothing, where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * Format: double
             * How far it is turned clockwise, in degrees.
             * @example 90
             */
            degrees: number;
            step: "rotate";
        } | {
            /**
             * What changes places.
             * @default horizontal
             */
            axis?: "horizontal" | "vertical";
            step: "flip";
        } | {
            /**
             * Format: uint32
             * How often it stands side by side.
             * @example 2
             */
            columns: number;
            /**
             * Format: uint32
             * How often it stands one below the other.
             * @example 2
             */
            rows: number;
            step: "tile";
        } | {
            step: "grayscale";
        } | {
            step: "invert";
        } | {
            /**
             * Format: float
             * What becomes dark.
             * @default 0
             */
            black?: number;
            /**
             * Format: float
             * How what is between becomes lighter (above 1) or darker (below 1).
             * @default 1
             * @example 1.2
             */
            gamma?: number;
            step: "levels";
            /**
             * Format: float
             * What becomes full light.
             * @default 1
             */
            white?: number;
        } | {
            /**
             * Format: float
             * By how much light is multiplied.
             * @default 1
             * @example 1.1
             */
            brightness?: number;
            /**
             * Format: float
             * By how much the distance to the middle gray is multiplied.
             * @default 1
             * @example 1.1
             */
            contrast?: number;
            /**
             * Format: float
             * How far colours are turned around, in degrees.
             * @default 0
             */
            hue_deg?: number;
            /**
             * Format: float
             * How much of its colours it has: 0 leaves grays, 1 all, 2 twice as much.
             * @default 1
             * @example 1.2
             */
            saturation?: number;
            step: "adjust";
        } | {
            /**
             * Format: float
             * How far it spreads: the bell's standard deviation in pixels.
             * @example 2
             */
            sigma: number;
            step: "blur";
        } | {
            /**
             * Format: float
             * How much is added.
             * @default 1
             */
            amount?: number;
            /**
             * Format: float
             * How coarse what is sharpened is: the blur's standard deviation in pixels.
             * @default 1
             */
            sigma?: number;
            step: "unsharp";
            /**
             * Format: float
             * How large a difference must be to be added, as a part of full light: noise stays as it is.
             * @default 0
             */
            threshold?: number;
        } | {
            /**
             * Format: uint32
             * How many pixels to each side are looked at.
             * @example 1
             */
            radius: number;
            step: "median";
        } | {
            /**
             * Format: float
             * By how much edges are made lighter.
             * @default 1
             */
            gain?: number;
            step: "edges";
        } | {
            /**
             * How its colours and those below become one.
             * @default normal
             */
            blend?: "normal" | "multiply" | "screen" | "overlay" | "darken" | "lighten" | "color_dodge" | "color_burn" | "hard_light" | "soft_light" | "difference" | "exclusion" | "add";
            /**
             * Format: uint32
             * Which input lies above.
             * @default 1
             */
            input?: number;
            /**
             * Format: float
             * How much of it is seen.
             * @default 1
             */
            opacity?: number;
            step: "overlay";
            /**
             * Format: int32
             * Where its left side lies, in pixels from the left; it may lie outside.
             * @default 0
             */
            x?: number;
            /**
             * Format: int32
             * Where its upper side lies, in pixels from the top; it may lie outside.
             * @default 0
             */
            y?: number;
        })[];
    };
    /**
     * PhashParams
     * Parameters of `phash`.
     */
    "image.phash": {
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * What is done to the picture before.
         * @example [
         *       {
         *         "height": 100,
         *         "step": "crop",
         *         "width": 100
         *       }
         *     ]
         */
        steps?: ({
            /**
             * How pixels are weighed.
             * @default lanczos3
             */
            filter?: "nearest" | "box" | "bilinear" | "catmull_rom" | "mitchell" | "lanczos3";
            /**
             * Format: uint32
             * The new height in pixels; by the shape of the picture, where only the width is given.
             * @default null
             */
            height?: number | null;
            /**
             * What happens where width and height have another shape than the picture.
             * @default fit
             */
            mode?: "fit" | "fill" | "exact";
            step: "resize";
            /**
             * Format: uint32
             * The new width in pixels; by the shape of the picture, where only the height is given.
             * @default null
             * @example 640
             */
            width?: number | null;
        } | {
            /**
             * Format: uint32
             * The longest side in pixels.
             * @default 256
             */
            size?: number;
            /**
             * Whether it becomes a square, of which what hangs over is cut off.
             * @default false
             */
            square?: boolean;
            step: "thumbnail";
        } | {
            /**
             * Format: uint32
             * The part's height in pixels.
             * @example 100
             */
            height: number;
            step: "crop";
            /**
             * Format: uint32
             * The part's width in pixels.
             * @example 100
             */
            width: number;
            /**
             * Format: uint32
             * How many pixels are left out on the left.
             * @default 0
             */
            x?: number;
            /**
             * Format: uint32
             * How many pixels are left out at the top.
             * @default 0
             */
            y?: number;
        } | {
            /**
             * What lies in the corners of a picture that is not turned by quarters; nothing, where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * Format: double
             * How far it is turned clockwise, in degrees.
             * @example 90
             */
            degrees: number;
            step: "rotate";
        } | {
            /**
             * What changes places.
             * @default horizontal
             */
            axis?: "horizontal" | "vertical";
            step: "flip";
        } | {
            /**
             * Format: uint32
             * How often it stands side by side.
             * @example 2
             */
            columns: number;
            /**
             * Format: uint32
             * How often it stands one below the other.
             * @example 2
             */
            rows: number;
            step: "tile";
        } | {
            step: "grayscale";
        } | {
            step: "invert";
        } | {
            /**
             * Format: float
             * What becomes dark.
             * @default 0
             */
            black?: number;
            /**
             * Format: float
             * How what is between becomes lighter (above 1) or darker (below 1).
             * @default 1
             * @example 1.2
             */
            gamma?: number;
            step: "levels";
            /**
             * Format: float
             * What becomes full light.
             * @default 1
             */
            white?: number;
        } | {
            /**
             * Format: float
             * By how much light is multiplied.
             * @default 1
             * @example 1.1
             */
            brightness?: number;
            /**
             * Format: float
             * By how much the distance to the middle gray is multiplied.
             * @default 1
             * @example 1.1
             */
            contrast?: number;
            /**
             * Format: float
             * How far colours are turned around, in degrees.
             * @default 0
             */
            hue_deg?: number;
            /**
             * Format: float
             * How much of its colours it has: 0 leaves grays, 1 all, 2 twice as much.
             * @default 1
             * @example 1.2
             */
            saturation?: number;
            step: "adjust";
        } | {
            /**
             * Format: float
             * How far it spreads: the bell's standard deviation in pixels.
             * @example 2
             */
            sigma: number;
            step: "blur";
        } | {
            /**
             * Format: float
             * How much is added.
             * @default 1
             */
            amount?: number;
            /**
             * Format: float
             * How coarse what is sharpened is: the blur's standard deviation in pixels.
             * @default 1
             */
            sigma?: number;
            step: "unsharp";
            /**
             * Format: float
             * How large a difference must be to be added, as a part of full light: noise stays as it is.
             * @default 0
             */
            threshold?: number;
        } | {
            /**
             * Format: uint32
             * How many pixels to each side are looked at.
             * @example 1
             */
            radius: number;
            step: "median";
        } | {
            /**
             * Format: float
             * By how much edges are made lighter.
             * @default 1
             */
            gain?: number;
            step: "edges";
        } | {
            /**
             * How its colours and those below become one.
             * @default normal
             */
            blend?: "normal" | "multiply" | "screen" | "overlay" | "darken" | "lighten" | "color_dodge" | "color_burn" | "hard_light" | "soft_light" | "difference" | "exclusion" | "add";
            /**
             * Format: uint32
             * Which input lies above.
             * @default 1
             */
            input?: number;
            /**
             * Format: float
             * How much of it is seen.
             * @default 1
             */
            opacity?: number;
            step: "overlay";
            /**
             * Format: int32
             * Where its left side lies, in pixels from the left; it may lie outside.
             * @default 0
             */
            x?: number;
            /**
             * Format: int32
             * Where its upper side lies, in pixels from the top; it may lie outside.
             * @default 0
             */
            y?: number;
        })[];
    };
    /**
     * CompareParams
     * Parameters of `compare`.
     */
    "image.compare": {
        /**
         * Whether the difference is written, or drawn: what differs in red.
         * @default json
         */
        as?: "json" | "png";
        /**
         * What becomes of a file that is damaged.
         * @default refuse
         */
        damage?: "refuse" | "keep";
        /**
         * What is done to the picture before.
         * @example [
         *       {
         *         "height": 100,
         *         "step": "crop",
         *         "width": 100
         *       }
         *     ]
         */
        steps?: ({
            /**
             * How pixels are weighed.
             * @default lanczos3
             */
            filter?: "nearest" | "box" | "bilinear" | "catmull_rom" | "mitchell" | "lanczos3";
            /**
             * Format: uint32
             * The new height in pixels; by the shape of the picture, where only the width is given.
             * @default null
             */
            height?: number | null;
            /**
             * What happens where width and height have another shape than the picture.
             * @default fit
             */
            mode?: "fit" | "fill" | "exact";
            step: "resize";
            /**
             * Format: uint32
             * The new width in pixels; by the shape of the picture, where only the height is given.
             * @default null
             * @example 640
             */
            width?: number | null;
        } | {
            /**
             * Format: uint32
             * The longest side in pixels.
             * @default 256
             */
            size?: number;
            /**
             * Whether it becomes a square, of which what hangs over is cut off.
             * @default false
             */
            square?: boolean;
            step: "thumbnail";
        } | {
            /**
             * Format: uint32
             * The part's height in pixels.
             * @example 100
             */
            height: number;
            step: "crop";
            /**
             * Format: uint32
             * The part's width in pixels.
             * @example 100
             */
            width: number;
            /**
             * Format: uint32
             * How many pixels are left out on the left.
             * @default 0
             */
            x?: number;
            /**
             * Format: uint32
             * How many pixels are left out at the top.
             * @default 0
             */
            y?: number;
        } | {
            /**
             * What lies in the corners of a picture that is not turned by quarters; nothing, where nothing is said.
             * @example #ffffff
             */
            background?: string | null;
            /**
             * Format: double
             * How far it is turned clockwise, in degrees.
             * @example 90
             */
            degrees: number;
            step: "rotate";
        } | {
            /**
             * What changes places.
             * @default horizontal
             */
            axis?: "horizontal" | "vertical";
            step: "flip";
        } | {
            /**
             * Format: uint32
             * How often it stands side by side.
             * @example 2
             */
            columns: number;
            /**
             * Format: uint32
             * How often it stands one below the other.
             * @example 2
             */
            rows: number;
            step: "tile";
        } | {
            step: "grayscale";
        } | {
            step: "invert";
        } | {
            /**
             * Format: float
             * What becomes dark.
             * @default 0
             */
            black?: number;
            /**
             * Format: float
             * How what is between becomes lighter (above 1) or darker (below 1).
             * @default 1
             * @example 1.2
             */
            gamma?: number;
            step: "levels";
            /**
             * Format: float
             * What becomes full light.
             * @default 1
             */
            white?: number;
        } | {
            /**
             * Format: float
             * By how much light is multiplied.
             * @default 1
             * @example 1.1
             */
            brightness?: number;
            /**
             * Format: float
             * By how much the distance to the middle gray is multiplied.
             * @default 1
             * @example 1.1
             */
            contrast?: number;
            /**
             * Format: float
             * How far colours are turned around, in degrees.
             * @default 0
             */
            hue_deg?: number;
            /**
             * Format: float
             * How much of its colours it has: 0 leaves grays, 1 all, 2 twice as much.
             * @default 1
             * @example 1.2
             */
            saturation?: number;
            step: "adjust";
        } | {
            /**
             * Format: float
             * How far it spreads: the bell's standard deviation in pixels.
             * @example 2
             */
            sigma: number;
            step: "blur";
        } | {
            /**
             * Format: float
             * How much is added.
             * @default 1
             */
            amount?: number;
            /**
             * Format: float
             * How coarse what is sharpened is: the blur's standard deviation in pixels.
             * @default 1
             */
            sigma?: number;
            step: "unsharp";
            /**
             * Format: float
             * How large a difference must be to be added, as a part of full light: noise stays as it is.
             * @default 0
             */
            threshold?: number;
        } | {
            /**
             * Format: uint32
             * How many pixels to each side are looked at.
             * @example 1
             */
            radius: number;
            step: "median";
        } | {
            /**
             * Format: float
             * By how much edges are made lighter.
             * @default 1
             */
            gain?: number;
            step: "edges";
        } | {
            /**
             * How its colours and those below become one.
             * @default normal
             */
            blend?: "normal" | "multiply" | "screen" | "overlay" | "darken" | "lighten" | "color_dodge" | "color_burn" | "hard_light" | "soft_light" | "difference" | "exclusion" | "add";
            /**
             * Format: uint32
             * Which input lies above.
             * @default 1
             */
            input?: number;
            /**
             * Format: float
             * How much of it is seen.
             * @default 1
             */
            opacity?: number;
            step: "overlay";
            /**
             * Format: int32
             * Where its left side lies, in pixels from the left; it may lie outside.
             * @default 0
             */
            x?: number;
            /**
             * Format: int32
             * Where its upper side lies, in pixels from the top; it may lie outside.
             * @default 0
             */
            y?: number;
        })[];
        /**
         * Format: float
         * How far two pixels may be apart and still count as the same, as a part of full light.
         * @default 0
         * @example 0.02
         */
        tolerance?: number;
    };
    "math.vector_length": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_distance": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * The other vector, of the same dimension. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        b?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_dot": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * The other vector, of the same dimension. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        b?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_angle": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * The other vector, of the same dimension. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        b?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_cross": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        a?: number[];
        /**
         * The other vector. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        b?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_add": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * The other vector, of the same dimension. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        b?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_subtract": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * The other vector, of the same dimension. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        b?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_scale": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * The number. Left out, it is read from the next input.
         * @example 2
         */
        factor?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_normalize": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_lerp": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * The other vector, of the same dimension. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        b?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How far from `a` (0) to `b` (1); beyond them as well. Left out, it is read from the next input.
         * @example 0.5
         */
        t?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_slerp": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * The other vector, of the same dimension. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        b?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How far from `a` (0) to `b` (1); beyond them as well. Left out, it is read from the next input.
         * @example 0.5
         */
        t?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_reflect": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * The plane's normal, of any length. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        normal?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_project": {
        /**
         * The vector. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        a?: number[];
        /**
         * How many numbers a packed vector has.
         * @default 3
         * @example 3
         */
        dimension?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * The vector to project onto. Left out, it is read from the next input.
         * @example [
         *       1,
         *       2,
         *       3
         *     ]
         */
        onto?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_transform_point": {
        /**
         * Matrix of four columns of four numbers. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        matrix?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * The point. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        point?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_transform_direction": {
        /**
         * The direction. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        direction?: number[];
        /**
         * Matrix of four columns of four numbers. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        matrix?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.vector_transform_normal": {
        /**
         * Matrix of four columns of four numbers. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        matrix?: number[];
        /**
         * The normal. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        normal?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_identity": Record<string, never>;
    "math.matrix_from_translation": {
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How far. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        translation?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_from_scale": {
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * How much along each axis. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        scale?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_from_rotation": {
        /**
         * How far, in radians. Left out, it is read from the next input.
         * @example 1
         */
        angle?: number;
        /**
         * The axis, of any length. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        axis?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_from_euler": {
        /**
         * How far about x, y and z, in radians. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        angles?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_from_quaternion": {
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * The rotation, of any length. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        rotation?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_compose": {
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * How it turns; of any length. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        rotation?: number[];
        /**
         * How much it scales along each axis. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        scale?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How far it moves. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        translation?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_decompose": {
        /**
         * The matrix: four columns of four numbers. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        matrix?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_multiply": {
        /**
         * The matrix on the left. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        a?: number[];
        /**
         * The matrix on the right. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        b?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_transpose": {
        /**
         * The matrix: four columns of four numbers. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        matrix?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_determinant": {
        /**
         * The matrix: four columns of four numbers. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        matrix?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_inverse": {
        /**
         * The matrix: four columns of four numbers. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        matrix?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_look_at": {
        /**
         * Where the viewer is. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        eye?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * What is in the middle of the view. Left out, it is read from the next input.
         * @example [
         *       5,
         *       0,
         *       -5
         *     ]
         */
        target?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
        /**
         * What is up, of any length. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        up?: number[];
    };
    "math.matrix_perspective": {
        /**
         * Width of the view by its height, above 0. Left out, it is read from the next input.
         * @example 1.5
         */
        aspect?: number;
        /**
         * Distance of the far plane. Left out, it is read from the next input.
         * @example 100
         */
        far?: number;
        /**
         * Angle of view from bottom to top, in radians, above 0 and below π. Left out, it is read from the next input.
         * @example 1
         */
        fov_y?: number;
        /**
         * Distance of the near plane, above 0. Left out, it is read from the next input.
         * @example 0.1
         */
        near?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_perspective_infinite": {
        /**
         * Width of the view by its height, above 0. Left out, it is read from the next input.
         * @example 1.5
         */
        aspect?: number;
        /**
         * Angle of view from bottom to top, in radians, above 0 and below π. Left out, it is read from the next input.
         * @example 1
         */
        fov_y?: number;
        /**
         * Distance of the near plane, above 0. Left out, it is read from the next input.
         * @example 0.1
         */
        near?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_orthographic": {
        /**
         * Lower edge on the near plane. Left out, it is read from the next input.
         * @example -1
         */
        bottom?: number;
        /**
         * Distance of the far plane. Left out, it is read from the next input.
         * @example 100
         */
        far?: number;
        /**
         * Left edge on the near plane. Left out, it is read from the next input.
         * @example -1
         */
        left?: number;
        /**
         * Distance of the near plane. Left out, it is read from the next input.
         * @example 0
         */
        near?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Right edge on the near plane. Left out, it is read from the next input.
         * @example 1
         */
        right?: number;
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * Upper edge on the near plane. Left out, it is read from the next input.
         * @example 1
         */
        top?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.matrix_frustum": {
        /**
         * Lower edge on the near plane. Left out, it is read from the next input.
         * @example -1
         */
        bottom?: number;
        /**
         * Distance of the far plane. Left out, it is read from the next input.
         * @example 100
         */
        far?: number;
        /**
         * Left edge on the near plane. Left out, it is read from the next input.
         * @example -1
         */
        left?: number;
        /**
         * Distance of the near plane, above 0. Left out, it is read from the next input.
         * @example 0.1
         */
        near?: number;
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Right edge on the near plane. Left out, it is read from the next input.
         * @example 1
         */
        right?: number;
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * Upper edge on the near plane. Left out, it is read from the next input.
         * @example 1
         */
        top?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_identity": Record<string, never>;
    "math.quaternion_from_axis_angle": {
        /**
         * How far, in radians. Left out, it is read from the next input.
         * @example 1
         */
        angle?: number;
        /**
         * The axis, of any length. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        axis?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_from_euler": {
        /**
         * How far about x, y and z, in radians. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        angles?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_to_euler": {
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * The quaternion: x, y, z, w. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        q?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_from_matrix": {
        /**
         * The matrix: four columns of four numbers. Left out, it is read from the next input.
         * @example [
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       0,
         *       0,
         *       0,
         *       1,
         *       0,
         *       5,
         *       6,
         *       7,
         *       1
         *     ]
         */
        matrix?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_multiply": {
        /**
         * The quaternion: x, y, z, w. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        a?: number[];
        /**
         * The other quaternion. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        b?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_slerp": {
        /**
         * The quaternion: x, y, z, w. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        a?: number[];
        /**
         * The other quaternion. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        b?: number[];
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How far from `a` (0) to `b` (1). Left out, it is read from the next input.
         * @example 0.5
         */
        t?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_conjugate": {
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * The quaternion: x, y, z, w. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        q?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_inverse": {
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * The quaternion: x, y, z, w. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        q?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_normalize": {
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * The quaternion: x, y, z, w. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        q?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.quaternion_rotate": {
        /**
         * Bytes before the first value, for each input; left out, none.
         * @example [
         *       12
         *     ]
         */
        offsets?: number[];
        /**
         * The quaternion: x, y, z, w. Left out, it is read from the next input.
         * @example [
         *       0,
         *       0,
         *       0,
         *       1
         *     ]
         */
        q?: number[];
        /**
         * Bytes from one value to the next, for each input; left out, they lie side by side.
         * @example [
         *       32
         *     ]
         */
        strides?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
        /**
         * The vector to turn. Left out, it is read from the next input.
         * @example [
         *       0,
         *       1,
         *       0
         *     ]
         */
        vector?: number[];
    };
    "math.instance_matrices": {
        /**
         * Where each part of an instance is: matrices of four columns. Left out, there is one part, at the instance's own place.
         * @example [
         *       [
         *         1,
         *         0,
         *         0,
         *         0,
         *         0,
         *         1,
         *         0,
         *         0,
         *         0,
         *         0,
         *         1,
         *         0,
         *         0,
         *         0,
         *         0,
         *         1
         *       ]
         *     ]
         */
        parts?: number[][];
        /**
         * How large the instances are.
         * @default 1
         * @example 1
         */
        scale?: number;
        /**
         * Bytes from one record to the next. A record begins with seven f32: place, then quaternion.
         * @default 32
         * @example 32
         */
        stride?: number;
    };
    "math.matmul": {
        /**
         * The matrix on the left. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         1,
         *         2
         *       ],
         *       [
         *         3,
         *         4
         *       ]
         *     ]
         */
        a?: number[][];
        /**
         * The matrix on the right, as many rows as `a` has columns. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         5
         *       ],
         *       [
         *         6
         *       ]
         *     ]
         */
        b?: number[][];
        /**
         * Columns of the matrix `a`, where it is packed; left out, it is square.
         * @example 3
         */
        columns?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.solve": {
        /**
         * The matrix. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         4,
         *         1
         *       ],
         *       [
         *         1,
         *         3
         *       ]
         *     ]
         */
        a?: number[][];
        /**
         * The right-hand side, as many rows as `a`; packed it has as many columns as are left. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         1
         *       ],
         *       [
         *         2
         *       ]
         *     ]
         */
        b?: number[][];
        /**
         * Columns of the matrix `a`, where it is packed; left out, it is square.
         * @example 3
         */
        columns?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.least_squares": {
        /**
         * The matrix. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         4,
         *         1
         *       ],
         *       [
         *         1,
         *         3
         *       ]
         *     ]
         */
        a?: number[][];
        /**
         * The right-hand side, as many rows as `a`; packed it has as many columns as are left. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         1
         *       ],
         *       [
         *         2
         *       ]
         *     ]
         */
        b?: number[][];
        /**
         * Columns of the matrix `a`, where it is packed; left out, it is square.
         * @example 3
         */
        columns?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.lu": {
        /**
         * The matrix. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         4,
         *         1
         *       ],
         *       [
         *         1,
         *         3
         *       ]
         *     ]
         */
        a?: number[][];
        /**
         * Columns of the matrix `a`, where it is packed; left out, it is square.
         * @example 3
         */
        columns?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.qr": {
        /**
         * The matrix. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         4,
         *         1
         *       ],
         *       [
         *         1,
         *         3
         *       ]
         *     ]
         */
        a?: number[][];
        /**
         * Columns of the matrix `a`, where it is packed; left out, it is square.
         * @example 3
         */
        columns?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.cholesky": {
        /**
         * The matrix. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         4,
         *         1
         *       ],
         *       [
         *         1,
         *         3
         *       ]
         *     ]
         */
        a?: number[][];
        /**
         * Columns of the matrix `a`, where it is packed; left out, it is square.
         * @example 3
         */
        columns?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.svd": {
        /**
         * The matrix. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         4,
         *         1
         *       ],
         *       [
         *         1,
         *         3
         *       ]
         *     ]
         */
        a?: number[][];
        /**
         * Columns of the matrix `a`, where it is packed; left out, it is square.
         * @example 3
         */
        columns?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.eigen_symmetric": {
        /**
         * The matrix. Its rows; left out, it is packed row by row in the next input.
         * @example [
         *       [
         *         4,
         *         1
         *       ],
         *       [
         *         1,
         *         3
         *       ]
         *     ]
         */
        a?: number[][];
        /**
         * Columns of the matrix `a`, where it is packed; left out, it is square.
         * @example 3
         */
        columns?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
    "math.statistics": {
        /**
         * What the count is lessened by in the variance: 0 for all there is, 1 for a sample of it.
         * @default 0
         * @example 1
         */
        ddof?: number;
        /**
         * Which quantiles to give, from 0 to 1, interpolated between neighbours.
         * @example [
         *       0.05,
         *       0.95
         *     ]
         */
        quantiles?: number[];
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
        /**
         * The numbers; left out, they are read from the input.
         * @example [
         *       1,
         *       2,
         *       4,
         *       8
         *     ]
         */
        values?: number[];
    };
    "math.histogram": {
        /**
         * How many bins of the same width.
         * @default 10
         * @example 4
         */
        bins?: number;
        /**
         * Where the last bin ends, which has its end in it; left out, at the greatest number.
         * @example 8
         */
        maximum?: number;
        /**
         * Where the first bin begins; left out, at the least number.
         * @example 0
         */
        minimum?: number;
        /**
         * Counts and edges, or a picture of them.
         * @default numbers
         * @example png
         */
        output?: "numbers" | "png";
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
        /**
         * The numbers; left out, they are read from the input.
         * @example [
         *       1,
         *       2,
         *       4,
         *       8
         *     ]
         */
        values?: number[];
    };
    "math.fft": {
        /**
         * Real gives the lower half of the spectrum and one more, inverse_real takes it back; complex gives as many as it takes. What an inverse gives is divided by the length.
         * @default real
         * @example real
         */
        kind?: "real" | "inverse_real" | "complex" | "inverse_complex";
        /**
         * Samples of one transform; the numbers are as many transforms side by side as they are long. Left out, they are one. For inverse_real it says whether the length is even or odd.
         * @example 1024
         */
        length?: number;
        /**
         * The spectrum, or a picture of its power; of several transforms, of their mean.
         * @default numbers
         * @example png
         */
        output?: "numbers" | "png";
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
        /**
         * The numbers, complex ones as real and imaginary part by turns; left out, read from the input.
         * @example [
         *       1,
         *       0,
         *       -1,
         *       0
         *     ]
         */
        values?: number[];
    };
    "math.interpolate": {
        /**
         * Where values are wanted; left out, read from the next input.
         * @example [
         *       0.5,
         *       2.25
         *     ]
         */
        at?: number[];
        /**
         * The nearest point, straight lines, the natural cubic spline, or the cubic that never overshoots (PCHIP).
         * @default linear
         * @example cubic
         */
        kind?: "nearest" | "linear" | "cubic" | "monotone";
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
        /**
         * Where values are known, rising; left out, read from the next input.
         * @example [
         *       0,
         *       1,
         *       2,
         *       3
         *     ]
         */
        x?: number[];
        /**
         * The values there, as many; left out, read from the next input.
         * @example [
         *       0,
         *       1,
         *       4,
         *       9
         *     ]
         */
        y?: number[];
    };
    "math.random": {
        /**
         * How many numbers.
         * @default 1
         * @example 10
         */
        count?: number;
        /**
         * Uniform from `minimum` up to `maximum`, normal by `mean` and `standard_deviation`, exponential by `rate`, or whole numbers from `minimum` to `maximum`, both of them included.
         * @default uniform
         * @example normal
         */
        distribution?: "uniform" | "normal" | "exponential" | "integer";
        /**
         * How they are written; more than 4,096 come packed only.
         * @default json
         * @example packed
         */
        encoding?: "json" | "packed";
        /**
         * The most, where it is uniform or integer.
         * @default 1
         * @example 1
         */
        maximum?: number;
        /**
         * The mean, where it is normal.
         * @default 0
         * @example 0
         */
        mean?: number;
        /**
         * The least, where it is uniform or integer.
         * @default 0
         * @example 0
         */
        minimum?: number;
        /**
         * One by the mean, where it is exponential.
         * @default 1
         * @example 1
         */
        rate?: number;
        /**
         * The same seed gives the same numbers.
         * @default 0
         * @example 42
         */
        seed?: number;
        /**
         * The standard deviation, where it is normal.
         * @default 1
         * @example 1
         */
        standard_deviation?: number;
        /**
         * How packed numbers are written, little-endian. Computed is in f64 and rounded once.
         * @default f32
         * @example f32
         */
        type?: "f32" | "f64";
    };
}

/** Each unit with its methods and what they take. */
export interface Units {
  audio: {
    /** Says what a file is and how long. */
    info: Params['audio.info']
    /** Writes a sound as another file. */
    convert: Params['audio.convert']
    /** Does several steps to a sound, one after the other, without a file between them. */
    pipeline: Params['audio.pipeline']
    /** Changes the rate of a sound. */
    resample: Params['audio.resample']
    /** Makes a sound louder or softer. */
    gain: Params['audio.gain']
    /** Brings a sound to a loudness or a peak. */
    normalize: Params['audio.normalize']
    /** Keeps a part of a sound. */
    trim: Params['audio.trim']
    /** Lets a sound begin and end softly. */
    fade: Params['audio.fade']
    /** Plays a sound backwards. */
    reverse: Params['audio.reverse']
    /** Makes other channels of those of a sound. */
    channels: Params['audio.channels']
    /** Lets some frequencies pass more than others. */
    filter: Params['audio.filter']
    /** Repeats a sound, softer each time. */
    delay: Params['audio.delay']
    /** Lets a sound stand in a room. */
    reverb: Params['audio.reverb']
    /** Lets a sound sound as another one answers. */
    convolve: Params['audio.convolve']
    /** Adds sounds. */
    mix: Params['audio.mix']
    /** Lets one sound fade into another. */
    crossfade: Params['audio.crossfade']
    /** Places sounds around a listener, also moving ones. */
    spatial: Params['audio.spatial']
    /** Says which frequencies a part of a sound has. */
    fft: Params['audio.fft']
    /** Transforms a sound frame by frame. */
    stft: Params['audio.stft']
    /** Makes a sound of its transformed frames. */
    istft: Params['audio.istft']
    /** Shows which frequencies a sound has when. */
    spectrogram: Params['audio.spectrogram']
    /** Says how strong a sound is in bands as they are heard. */
    mel: Params['audio.mel']
    /** Says the shape of a sound's spectrum in a few numbers. */
    mfcc: Params['audio.mfcc']
    /** Says how strong each tone of an octave is. */
    chroma: Params['audio.chroma']
    /** Says when tones begin, and the tempo. */
    onsets: Params['audio.onsets']
    /** Says how high a voice or an instrument sounds. */
    pitch: Params['audio.pitch']
    /** Says how loud a sound is after EBU R 128. */
    loudness: Params['audio.loudness']
    /** Says the peak and the mean power of each channel. */
    levels: Params['audio.levels']
    /** Says the outline of a sound, or draws it. */
    peaks: Params['audio.peaks']
    /** Says where nothing is heard. */
    silence: Params['audio.silence']
  }
  boids: {
    /** Lets a flock fly: birds keep apart, fly along and stay together, round obstacles and from predators. */
    simulate: Params['boids.simulate']
    /** Breeds birds that fly well together: selection, crossover and mutation over generations and islands. */
    evolve: Params['boids.evolve']
    /** A session: a flock that flies on in a region, as records of place, orientation and kind. */
    session: Params['boids.session']
  }
  compute: {
    /** The BLAKE3 digest of the input: any length, keyed, or deriving a key. */
    blake3: Params['compute.blake3']
    /** The SHA-256 digest (FIPS 180-4) of the input. */
    sha256: Params['compute.sha256']
    /** The SHA-512 digest (FIPS 180-4) of the input. */
    sha512: Params['compute.sha512']
    /** The input as a Brotli stream (RFC 7932). */
    brotli_compress: Params['compute.brotli_compress']
    /** What a Brotli stream (RFC 7932) contains, up to a cap. */
    brotli_decompress: Params['compute.brotli_decompress']
    /** A session: counts in a region, eight bytes with the lowest first, one up with each step. */
    counter: Params['compute.counter']
    /** A session: a board of cells that are born and die by a rule, as one byte each in a region. */
    life: Params['compute.life']
  }
  crypto: {
    /** A digest of the input: SHA-2, SHA-3, BLAKE2b or BLAKE3. */
    hash: Params['crypto.hash']
    /** A code that only who has the key can make of the input (RFC 2104). */
    hmac: Params['crypto.hmac']
    /** Whether a code was made of the input with the key, compared in constant time. */
    hmac_verify: Params['crypto.hmac_verify']
    /** Encrypts one message under a key and a nonce that the caller brings. */
    seal: Params['crypto.seal']
    /** Decrypts one message and refuses it where it was changed. */
    open: Params['crypto.open']
    /** Encrypts an input of any size, so that nobody without the key reads or changes it. */
    encrypt: Params['crypto.encrypt']
    /** Decrypts what `encrypt` gave, and refuses it where anything of it was changed or is missing. */
    decrypt: Params['crypto.decrypt']
    /** A new pair of keys for signatures. */
    ed25519_keygen: Params['crypto.ed25519_keygen']
    /** The signature of the input (RFC 8032). */
    ed25519_sign: Params['crypto.ed25519_sign']
    /** Whether a signature of the input is right; keys and signatures that are right in many ways are not. */
    ed25519_verify: Params['crypto.ed25519_verify']
    /** Which of several signatures are right, one for each input. */
    ed25519_verify_batch: Params['crypto.ed25519_verify_batch']
    /** A new pair of keys for shared secrets. */
    x25519_keygen: Params['crypto.x25519_keygen']
    /** The secret that only the owners of two keys share (RFC 7748); `hkdf` makes keys of it. */
    x25519: Params['crypto.x25519']
    /** A key from key material (RFC 5869). */
    hkdf: Params['crypto.hkdf']
    /** A hash of a password to keep in its place (RFC 9106), with a salt by chance. */
    argon2id_hash: Params['crypto.argon2id_hash']
    /** Whether a password is the one that a hash was made of. */
    argon2id_verify: Params['crypto.argon2id_verify']
    /** Bytes by chance, from the operating system. */
    random: Params['crypto.random']
  }
  data: {
    /** Runs one SELECT statement over the inputs. */
    query: Params['data.query']
    /** Says how a statement would be worked out. */
    explain: Params['data.explain']
    /** Says which columns files have. */
    schema: Params['data.schema']
    /** Says what the values of each column are like. */
    profile: Params['data.profile']
    /** Writes files in another form. */
    convert: Params['data.convert']
    /** Counts, sums and measures groups of rows. */
    aggregate: Params['data.aggregate']
    /** Picks rows, each as likely as any other. */
    sample: Params['data.sample']
  }
  image: {
    /** Says what a file is and how large, by its head alone. */
    info: Params['image.info']
    /** Writes a picture as another file. */
    convert: Params['image.convert']
    /** Does several steps to a picture, which is decoded and encoded once. */
    pipeline: Params['image.pipeline']
    /** Makes a picture larger or smaller. */
    resize: Params['image.resize']
    /** Makes a picture small, and never larger. */
    thumbnail: Params['image.thumbnail']
    /** Keeps a part of a picture. */
    crop: Params['image.crop']
    /** Turns a picture. */
    rotate: Params['image.rotate']
    /** Mirrors a picture. */
    flip: Params['image.flip']
    /** Repeats a picture side by side. */
    tile: Params['image.tile']
    /** Takes a picture's colours away. */
    grayscale: Params['image.grayscale']
    /** Turns light into dark. */
    invert: Params['image.invert']
    /** Says what of a picture is dark, what is light and what is between. */
    levels: Params['image.levels']
    /** Changes brightness, contrast, saturation and hue. */
    adjust: Params['image.adjust']
    /** Makes a picture soft. */
    blur: Params['image.blur']
    /** Makes a picture sharper. */
    unsharp: Params['image.unsharp']
    /** Takes specks away, and keeps edges. */
    median: Params['image.median']
    /** Shows where a picture changes. */
    edges: Params['image.edges']
    /** Lays one picture over another. */
    overlay: Params['image.overlay']
    /** Says a blurred picture in some thirty letters, or draws it. */
    blurhash: Params['image.blurhash']
    /** Says a tiny picture in some thirty bytes, or draws it. */
    thumbhash: Params['image.thumbhash']
    /** Says which colours a picture mostly has, or draws them. */
    colors: Params['image.colors']
    /** Says what a picture looks like in 64 bits: alike for what looks alike. */
    phash: Params['image.phash']
    /** Says how much two pictures differ, or shows where. */
    compare: Params['image.compare']
  }
  math: {
    /** The length of a vector. */
    vector_length: Params['math.vector_length']
    /** The distance of two points. */
    vector_distance: Params['math.vector_distance']
    /** The dot product of two vectors. */
    vector_dot: Params['math.vector_dot']
    /** The angle between two vectors, in radians. */
    vector_angle: Params['math.vector_angle']
    /** The cross product of two vectors of three numbers. */
    vector_cross: Params['math.vector_cross']
    /** The sum of two vectors. */
    vector_add: Params['math.vector_add']
    /** One vector less another. */
    vector_subtract: Params['math.vector_subtract']
    /** A vector times a number. */
    vector_scale: Params['math.vector_scale']
    /** A vector's direction: the vector of length 1. */
    vector_normalize: Params['math.vector_normalize']
    /** Between two vectors, on a straight line. */
    vector_lerp: Params['math.vector_lerp']
    /** Between two vectors, on the shortest arc, with lengths between theirs. */
    vector_slerp: Params['math.vector_slerp']
    /** A vector mirrored by a plane through the origin. */
    vector_reflect: Params['math.vector_reflect']
    /** The part of one vector that lies along another. */
    vector_project: Params['math.vector_project']
    /** A point through a matrix, divided by its w. */
    vector_transform_point: Params['math.vector_transform_point']
    /** A direction through a matrix, which does not move it. */
    vector_transform_direction: Params['math.vector_transform_direction']
    /** A normal through the inverse transpose of a matrix, to length 1. */
    vector_transform_normal: Params['math.vector_transform_normal']
    /** The matrix that changes nothing. */
    matrix_identity: Params['math.matrix_identity']
    /** The matrix that moves. */
    matrix_from_translation: Params['math.matrix_from_translation']
    /** The matrix that scales along the axes. */
    matrix_from_scale: Params['math.matrix_from_scale']
    /** The matrix that turns about an axis. */
    matrix_from_rotation: Params['math.matrix_from_rotation']
    /** The matrix that turns about its own x, then y, then z axis. */
    matrix_from_euler: Params['math.matrix_from_euler']
    /** The matrix of a rotation. */
    matrix_from_quaternion: Params['math.matrix_from_quaternion']
    /** The matrix that scales, then turns, then moves. */
    matrix_compose: Params['math.matrix_compose']
    /** Translation, rotation and scale of a matrix that only scales, turns and moves. */
    matrix_decompose: Params['math.matrix_decompose']
    /** The product of two matrices: what `b` does, and then `a`. */
    matrix_multiply: Params['math.matrix_multiply']
    /** Columns for rows. */
    matrix_transpose: Params['math.matrix_transpose']
    /** By how much a matrix scales volumes. */
    matrix_determinant: Params['math.matrix_determinant']
    /** The matrix that undoes another. */
    matrix_inverse: Params['math.matrix_inverse']
    /** The view from a place towards another. */
    matrix_look_at: Params['math.matrix_look_at']
    /** A perspective view up to a far plane, reverse Z. */
    matrix_perspective: Params['math.matrix_perspective']
    /** A perspective view without a far plane, reverse Z. */
    matrix_perspective_infinite: Params['math.matrix_perspective_infinite']
    /** A view without perspective, reverse Z. */
    matrix_orthographic: Params['math.matrix_orthographic']
    /** A perspective view whose middle may be anywhere, reverse Z. */
    matrix_frustum: Params['math.matrix_frustum']
    /** The rotation that changes nothing. */
    quaternion_identity: Params['math.quaternion_identity']
    /** The rotation about an axis. */
    quaternion_from_axis_angle: Params['math.quaternion_from_axis_angle']
    /** The rotation about its own x, then y, then z axis. */
    quaternion_from_euler: Params['math.quaternion_from_euler']
    /** A rotation's angles about its own x, then y, then z axis, in radians. */
    quaternion_to_euler: Params['math.quaternion_to_euler']
    /** The rotation of a matrix that only turns and moves. */
    quaternion_from_matrix: Params['math.quaternion_from_matrix']
    /** The product: what `b` does, and then `a`. */
    quaternion_multiply: Params['math.quaternion_multiply']
    /** Between two rotations, on the shortest arc. */
    quaternion_slerp: Params['math.quaternion_slerp']
    /** The quaternion with its axis turned round. */
    quaternion_conjugate: Params['math.quaternion_conjugate']
    /** The quaternion that undoes another, of whatever length. */
    quaternion_inverse: Params['math.quaternion_inverse']
    /** The quaternion of length 1 that turns alike. */
    quaternion_normalize: Params['math.quaternion_normalize']
    /** A vector, turned. */
    quaternion_rotate: Params['math.quaternion_rotate']
    /** A matrix of sixteen f32 for each part of each record, part after part. */
    instance_matrices: Params['math.instance_matrices']
    /** The product of two matrices. */
    matmul: Params['math.matmul']
    /** What solves a system of equations a·x = b. */
    solve: Params['math.solve']
    /** What comes nearest to solving a·x = b with more equations than unknowns. */
    least_squares: Params['math.least_squares']
    /** Triangular factors of a square matrix with its rows in another order: row i of l·u is row p[i] of a. */
    lu: Params['math.lu']
    /** Orthonormal columns q and an upper triangle r with no negative diagonal: a = q·r. */
    qr: Params['math.qr']
    /** The lower triangle l of a symmetric positive definite matrix: a = l·lᵀ. */
    cholesky: Params['math.cholesky']
    /** Singular values, falling, and orthonormal columns u and v: a = u·diag(s)·vᵀ. */
    svd: Params['math.svd']
    /** Eigenvalues of a symmetric matrix, rising, and orthonormal eigenvectors as columns. */
    eigen_symmetric: Params['math.eigen_symmetric']
    /** Count, sum, mean, variance, skewness, kurtosis, extremes, median and quantiles of numbers. */
    statistics: Params['math.statistics']
    /** How many numbers lie in each of some bins of the same width. */
    histogram: Params['math.histogram']
    /** The Fourier transform of numbers and back. */
    fft: Params['math.fft']
    /** Values between known points: nearest, linear, natural cubic or monotone cubic. */
    interpolate: Params['math.interpolate']
    /** Random numbers from a seed. */
    random: Params['math.random']
  }
}
